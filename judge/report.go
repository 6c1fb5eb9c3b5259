package judge

import "image"

// Report is what a Judge measured. It marshals to JSON; names ending in _s are
// seconds, in _ms milliseconds, in _db dBFS, in _bps bits per second.
type Report struct {
	// OK is true if there are no problems.
	OK       bool     `json:"ok"`
	Problems []string `json:"problems"`

	Duration      float64  `json:"duration_s"`
	Video         *Video   `json:"video,omitempty"` // nil without video
	Audio         *Audio   `json:"audio,omitempty"` // nil without sound
	Interruptions []string `json:"interruptions,omitempty"`

	// Freezes are stretches in which the whole picture stayed the same.
	Freezes []Stretch `json:"freezes,omitempty"`
	Black   []Stretch `json:"black,omitempty"`
	Silence []Stretch `json:"silence,omitempty"`

	Participants []Participant `json:"participants,omitempty"`
	Segments     []Segment     `json:"segments,omitempty"`
}

// Stretch is a part of the stream, in seconds of stream time.
type Stretch struct {
	From float64 `json:"from_s"`
	To   float64 `json:"to_s"`
}

// Stamps says how well timestamps count.
type Stamps struct {
	// Rate is the number of pictures, or of coded frames of sound, per second that
	// the timestamps count.
	Rate float64 `json:"rate"`
	// Gaps and Repeats count the steps that are more than 1 ms longer or shorter
	// than one frame, and drifts by more than 1.5 ms from an exact count.
	Gaps    int `json:"gaps"`
	Repeats int `json:"repeats"`
	// Faults are the first of them.
	Faults []StampFault `json:"faults,omitempty"`
}

// StampFault is a step between timestamps that is not one frame.
type StampFault struct {
	At   float64 `json:"at_s"`
	Step float64 `json:"step_ms"`
	Want float64 `json:"want_ms"`
}

// Video describes the pictures.
type Video struct {
	Codec        string  `json:"codec"`
	Width        int     `json:"width"` // of the last picture
	Height       int     `json:"height"`
	SizeChanges  int     `json:"size_changes"`
	Frames       int     `json:"frames"`  // access units received
	Decoded      int     `json:"decoded"` // pictures
	DecodeErrors int     `json:"decode_errors"`
	Bitrate      float64 `json:"bitrate_bps"`
	Stamps       Stamps  `json:"timestamps"`
	GOPMin       float64 `json:"gop_min_s"` // 0 with fewer than two key frames
	GOPMax       float64 `json:"gop_max_s"`
	BFrames      bool    `json:"b_frames"`
	// LateMax is how much later than the promptest one a packet arrived (live only).
	LateMax float64 `json:"late_max_ms"`
}

// Audio describes the sound.
type Audio struct {
	Codec        string  `json:"codec"`
	SampleRate   int     `json:"sample_rate"`
	Channels     int     `json:"channels"`
	Frames       int     `json:"frames"` // coded frames received
	DecodeErrors int     `json:"decode_errors"`
	Bitrate      float64 `json:"bitrate_bps"`
	Stamps       Stamps  `json:"timestamps"`
	Peak         float64 `json:"peak_db"`
}

// Participant is what was seen and heard of one synthetic participant.
type Participant struct {
	Number int `json:"number"`
	// Frames counts the pictures in which the code was read; Unread those in which
	// the participant was in the layout and the code could not be read.
	Frames int `json:"frames"`
	Unread int `json:"unread"`
	// Repeats counts the pictures with the same clock as the one before: normal for
	// a source with a lower frame rate than the mix, see SourceRate.
	Repeats int `json:"repeats"`
	// SourceRate is the number of different pictures per second shown.
	SourceRate float64 `json:"source_rate"`
	// LongestHold is how long one picture was shown; LargestStep is the most that
	// the clock went on between two pictures.
	LongestHold float64 `json:"longest_hold_ms"`
	LargestStep float64 `json:"largest_step_ms"`
	// Backwards counts how often an older picture followed (by less than 10 s).
	Backwards int       `json:"backwards"`
	Freezes   []Stretch `json:"freezes,omitempty"`
	// HueError is the median distance from the drawn colour in the CbCr plane.
	HueError float64 `json:"hue_error"`
	// Heard is the part of the time in which the tone was there; Level is the
	// median level of the tone then.
	Heard float64 `json:"heard"`
	Level float64 `json:"level_db"`
	// Skew is beep minus flash, with the flash dated by the code to its exact
	// instant: positive when the sound is late. RawSkew dates the flash to the first
	// picture that shows it, which is up to a frame later.
	Skew    Spread `json:"skew"`
	RawSkew Spread `json:"raw_skew"`
	// Delay is from drawing to arrival here (live only).
	Delay Spread `json:"delay"`
}

// Spread summarises a distribution, in milliseconds.
type Spread struct {
	Count  int     `json:"count"`
	Median float64 `json:"median_ms"`
	// AbsP95 and AbsMax are of the magnitudes.
	AbsP95 float64 `json:"p95_ms"`
	AbsP99 float64 `json:"p99_ms"`
	AbsMax float64 `json:"max_ms"`
}

// Segment is a stretch in which the same participants were seen in the same places.
type Segment struct {
	Stretch
	Seen  []Place `json:"seen"`
	Heard []Level `json:"heard"`
}

// Place is where a participant was seen, in pixels.
type Place struct {
	Number int `json:"number"`
	X      int `json:"x"`
	Y      int `json:"y"`
	W      int `json:"w"`
	H      int `json:"h"`
}

// Rect returns the place as a rectangle.
func (p Place) Rect() image.Rectangle { return image.Rect(p.X, p.Y, p.X+p.W, p.Y+p.H) }

// Level is how loud a participant's tone was, in dBFS (median).
type Level struct {
	Number int     `json:"number"`
	DB     float64 `json:"level_db"`
}
