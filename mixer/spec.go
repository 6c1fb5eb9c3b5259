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
	// Participants are the sources in join order; at most MaxParticipants.
	Participants []Participant
	// Layout says where each participant is seen.
	Layout LayoutSpec
	// Video and Audio say how the mix is encoded. They cannot change while it runs.
	Video VideoSpec
	Audio AudioSpec
	// Music is played under the participants.
	Music []Music
	// Outputs are where the mix is pushed.
	Outputs []Output
}

// MaxParticipants is the most sources that one mix may have.
const MaxParticipants = 6

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
	// Muted leaves the participant's sound out.
	Muted bool
	// GainDB is applied to the participant's sound, in dB; 0 leaves it as it is.
	GainDB float64
	// Placeholder names the picture that is shown instead of the stream; empty for
	// the template's.
	Placeholder string
}

// Music is a piece of sound without a picture.
type Music struct {
	// Name identifies the piece within the mix.
	Name string
	// Path of a file with sound; a video's pictures and a cover are left out.
	Path string
	// GainDB is applied to it, in dB; 0 leaves it as it is.
	GainDB float64
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
	// Preset is x264's preset; empty means "veryfast".
	Preset string
	// GOP is the distance between key frames; 0 means 2 s.
	GOP time.Duration
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
