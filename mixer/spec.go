package mixer

import (
	"time"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// Spec says everything that is wanted of one mix. A Spec is a value that is never
// changed once it has been handed over: every change is a new Spec with a higher
// Revision, and the session brings itself to the newest between two ticks.
//
// A Spec that reaches the mixer has been validated by who made it; the mixer
// guards itself against nonsense but its errors are not made for people.
type Spec struct {
	// ID names the mix in logs and events.
	ID string
	// Revision counts the changes of this mix, from 1.
	Revision int64
	// Started is when the mix was started first, by the wall clock; zero is now. Who runs
	// it again in another process learns from it how long it has run: see Options.Base.
	Started time.Time
	// Participants are the sources in join order; at most MaxParticipants.
	Participants []Participant
	// Layout says where each participant is seen.
	Layout LayoutSpec
	// Video and Audio say how the mix is encoded. They cannot change while it runs.
	Video VideoSpec
	Audio AudioSpec
	// Music is played under the participants.
	Music []Music
	// Sound says how the sound is mixed.
	Sound Sound
	// Outputs are where the mix is pushed.
	Outputs []Output
}

// MaxParticipants is the most sources that one mix may have.
const MaxParticipants = 6

// MaxMusic is the most tracks of music that one mix may have.
const MaxMusic = 8

// Participant is one source of picture and sound.
type Participant struct {
	// Name identifies the participant within the mix.
	Name string
	// DisplayName is shown on the placeholder; empty means Name.
	DisplayName string
	// URL is where the stream is pulled from: rtmp:// or rtmps://.
	URL string
	// Hidden shows the placeholder instead of the stream from the next frame on,
	// and mutes it (the app went to the background).
	Hidden bool
	// KeepAudio leaves the sound on while the participant is hidden.
	KeepAudio bool
	// Muted leaves the participant's sound out.
	Muted bool
	// GainDB is applied to the participant's sound, in dB; 0 leaves it as it is.
	GainDB float64
	// Pan is where the sound is heard: −1 left, 0 as it is, +1 right.
	Pan float64
	// Solo silences the participants who are not solo.
	Solo bool
	// Placeholder names the picture that is shown instead of the stream; empty for
	// the template's.
	Placeholder string
}

// Music is sound without a picture. Exactly one of Asset, URL and Path is set. A track
// is the same in the next Spec if those and the Name are: it plays on, but for what
// has changed.
type Music struct {
	// Name identifies the track within the mix.
	Name string
	// Asset names an uploaded sound.
	Asset string
	// URL is where a stream is pulled from: rtmp:// or rtmps://.
	URL string
	// Path of a file with sound; a video's pictures and a cover are left out.
	Path string
	// GainDB is applied to it, in dB; 0 leaves it as it is. A change takes GainFade.
	GainDB   float64
	GainFade time.Duration
	// Plays is how often it is played: 0 is once, negative for ever.
	Plays int
	// FadeIn is how long it rises when it begins or goes on, FadeOut how long it falls
	// when it is paused or taken out.
	FadeIn, FadeOut time.Duration
	// Paused lets it hold its place.
	Paused bool
	// Undamped keeps its level while somebody speaks. It counts when the track is new.
	Undamped bool
	// Position is where it was at Anchor, or is to begin where Anchor is zero. It counts
	// when the track is new and when Cue is another than before.
	Position time.Duration
	Anchor   time.Time
	Cue      int64
}

// Sound says how the sound of a mix is made of its sources. The zero value ducks music as
// package audio does by default.
type Sound struct {
	// Ducking lowers music under speech.
	Ducking Ducking
	// MasterGainDB is applied to the sum, in dB.
	MasterGainDB float64
	// Normalise brings the mix slowly to TargetLUFS; 0 means −16.
	Normalise  bool
	TargetLUFS float64
}

// Ducking lowers music while somebody speaks; what is 0 has its default.
type Ducking struct {
	// Off lets music keep its level.
	Off bool
	// ThresholdDB is how loud the participants must be together, in dBFS.
	ThresholdDB float64
	// DepthDB is by how much music is lowered, in dB, above 0.
	DepthDB float64
	// Attack is how long it takes to get there, Release to come back.
	Attack, Release time.Duration
}

// LayoutSpec chooses and fills a layout.
type LayoutSpec struct {
	// Template is the name of a built-in template (see package layout).
	Template string
	// Custom is used instead of Template if it is not nil. It must not be changed
	// once the Spec has been handed over.
	Custom *layout.Template
	// Main is the name of the participant that takes the main slot; empty means
	// the first in order. With Auto it is who begins.
	Main string
	// Auto lets the voices choose the main speaker.
	Auto bool
	// Order lists participants by name; those not listed follow in join order.
	Order []string
	// Overrides change single placements.
	Overrides []layout.Override
	// Transition is how long tiles move, instead of what the template says.
	Transition *time.Duration
	// PlaceholderAfter is how long a last picture stays when no new one comes, until
	// the placeholder is shown; 0 means 3 s.
	PlaceholderAfter time.Duration
}

// template returns the layout template that is meant.
func (l LayoutSpec) template() (layout.Template, error) {
	if l.Custom != nil {
		return *l.Custom, nil
	}
	return layout.Builtin(l.Template)
}

// VideoSpec says how the picture is encoded (H.264 High).
type VideoSpec struct {
	// Width and Height of the canvas in pixels; even.
	Width, Height int
	// FrameRate of the output.
	FrameRate media.FrameRate
	// Bitrate is the target and the cap (VBV), in bits per second.
	Bitrate int
	// Preset is one of encode.Presets; empty means "balanced".
	Preset string
	// GOP is the distance between key frames; 0 means 2 s.
	GOP time.Duration
	// FullDecoding decodes every stream with its deblocking filter, however small it is
	// shown, as long as the machine keeps up.
	FullDecoding bool
}

// AudioSpec says how the sound is encoded (AAC-LC, 48 kHz stereo).
type AudioSpec struct {
	// Bitrate in bits per second; 0 means 128 000.
	Bitrate int
}

// Output is one destination.
type Output struct {
	// Name identifies the output within the mix.
	Name string
	// URL to push to, rtmp:// or rtmps://. Its query may hold a signature: it is
	// used whole and never logged.
	URL string
}
