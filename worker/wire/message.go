package wire

import (
	"encoding/json"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/mixer"
)

// Message is one thing said. Exactly one field is set.
type Message struct {
	// The supervisor says:

	// Start is the first thing that a worker hears, unless it is Check.
	Start *Start `json:",omitempty"`
	// Check asks for the check of a sound; the worker answers Checked and ends.
	Check *Check `json:",omitempty"`
	// Apply hands over the next spec.
	Apply *Apply `json:",omitempty"`
	// Meter asks for meters ten times a second for the next while.
	Meter *Meter `json:",omitempty"`
	// Answer answers an Ask. A picture's file is the payload.
	Answer *Answer `json:",omitempty"`
	// Stop ends the mix.
	Stop *Stop `json:",omitempty"`

	// The worker says:

	// Ready answers Start.
	Ready *Result `json:",omitempty"`
	// Applied answers Apply; one Apply is under way at a time.
	Applied *Result `json:",omitempty"`
	// Ask asks for a picture or a sound.
	Ask *Ask `json:",omitempty"`
	// Release says that the file of a sound is no longer used.
	Release *Release `json:",omitempty"`
	// Event tells of one thing that happened.
	Event *mixer.Event `json:",omitempty"`
	// Pulse says that the worker is alive, and how it is doing.
	Pulse *Pulse `json:",omitempty"`
	// Levels are the meters that Meter asked for.
	Levels *mixer.Meters `json:",omitempty"`
	// Log is a line of its log, as slog's JSON.
	Log json.RawMessage `json:",omitempty"`
	// Checked answers Check.
	Checked *Checked `json:",omitempty"`
	// Ended is the last thing that a worker says: the mix has ended, without an Error as
	// it was told to.
	Ended *Result `json:",omitempty"`
}

// Start says what a worker is to mix and within what limits.
type Start struct {
	Spec   mixer.Spec
	Base   time.Duration // how long the mix has run in other processes
	Limits Limits
	// Policy is what the mix may connect to, as the worker's dialler reads it.
	Policy json.RawMessage `json:",omitempty"`
}

// Limits bound what a worker takes of the machine. A zero field is no limit.
type Limits struct {
	// Memory is the most bytes of data that it may map (RLIMIT_DATA).
	Memory int64
	// Files is how many descriptors it may have open (RLIMIT_NOFILE).
	Files int
}

// Check names a file and the bounds of decode.CheckSound.
type Check struct {
	Path     string
	Bytes    int64
	Duration time.Duration
	Limits   Limits
}

// Apply has the next spec.
type Apply struct{ Spec mixer.Spec }

// Meter says for how long meters are wanted.
type Meter struct{ For time.Duration }

// Stop says how long the mix may take to end.
type Stop struct{ Within time.Duration }

// Ask names a picture or a sound.
type Ask struct {
	ID      int64
	Picture string `json:",omitempty"`
	Sound   string `json:",omitempty"`
}

// Answer has what was asked for, or why there is none. A sound is a file that stays as it
// is until Release.
type Answer struct {
	ID    int64
	Path  string `json:",omitempty"`
	Error string `json:",omitempty"`
}

// Release names the Ask whose sound is no longer used.
type Release struct{ ID int64 }

// Result is the outcome of something; an empty Error is success.
type Result struct {
	Error string `json:",omitempty"`
}

// Pulse is how a mix is doing. At is its newest tick: it stands still when the tick hangs.
type Pulse struct {
	At     time.Duration
	Stats  mixer.Stats
	Meters mixer.Meters
	// LostLines is how many lines of the log found no room, in all.
	LostLines int64 `json:",omitempty"`
}

// Checked is what decode.CheckSound said. Kind is the error's place in SoundErrors;
// Unreadable says that the file could not be read.
type Checked struct {
	Info       decode.SoundInfo
	Kind       int    `json:",omitempty"`
	Unreadable bool   `json:",omitempty"`
	Error      string `json:",omitempty"`
}

// SoundErrors are the errors that Checked tells apart, by Kind. Kind 0 is another error.
var SoundErrors = []error{
	nil, decode.ErrNotMedia, decode.ErrNoSound, decode.ErrUnsupported, decode.ErrBroken,
	decode.ErrSoundTooLarge, decode.ErrSoundTooLong,
}
