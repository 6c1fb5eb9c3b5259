package mixer

import "time"

// SourceState is what the audience gets of a participant.
type SourceState uint8

// The states of a source (see docs/architecture.md).
const (
	// Connecting: no media yet; placeholder and silence.
	Connecting SourceState = iota
	// Live: frames arrive.
	Live
	// Hidden: the API said so; placeholder, muted.
	Hidden
	// Frozen: no new frame for a short time; the last one stays.
	Frozen
	// Stalled: no new frame for longer; placeholder.
	Stalled
	// AudioOnly: sound arrives and no picture ever has; placeholder.
	AudioOnly
	// Lost: the connection is gone and is being tried again; placeholder.
	Lost
	// Away: a moving picture became a still one at a low rate, and there is silence:
	// the app is in the background; placeholder.
	Away
	// Refused: the pictures are of a codec or a size that is not taken; placeholder.
	Refused
)

var sourceStateNames = [...]string{"connecting", "live", "hidden", "frozen", "stalled", "audio_only", "lost", "away", "refused"}

// String returns the state's name in lower case.
func (s SourceState) String() string {
	if int(s) < len(sourceStateNames) {
		return sourceStateNames[s]
	}
	return "unknown"
}

// OutputState is how a destination is doing.
type OutputState uint8

// The states of an output.
const (
	OutputConnecting OutputState = iota
	OutputLive
	OutputLost
	OutputClosed
)

var outputStateNames = [...]string{"connecting", "live", "lost", "closed"}

// String returns the state's name in lower case.
func (s OutputState) String() string {
	if int(s) < len(outputStateNames) {
		return outputStateNames[s]
	}
	return "unknown"
}

// EventKind names what happened.
type EventKind uint8

// The kinds of events.
const (
	// MixStarted: the first tick is about to run.
	MixStarted EventKind = iota
	// MixStopped: the last packet has been handed to the outputs; Reason says why.
	MixStopped
	// SpecApplied: the picture and the sound follow Revision from the next tick.
	SpecApplied
	// SourceChanged: a participant's source went to Source, for Reason.
	SourceChanged
	// SourceFormat: a participant's picture size or sound format changed; Reason
	// describes it.
	SourceFormat
	// OutputChanged: a destination went to Output, for Reason.
	OutputChanged
	// TicksSkipped: the machine was too slow; Reason says how many frames were left out.
	TicksSkipped
	// MainChanged: participant Name is the main speaker from the next tick, chosen by
	// voice.
	MainChanged
	// MusicChanged: track Name went to Music, for Reason.
	MusicChanged
	// SpeakerChanged: participant Name is the one who speaks; empty for nobody.
	SpeakerChanged
	// LoadChanged: the mix went to Load, for Reason, because the machine is overloaded
	// or no longer is.
	LoadChanged
	// WorkerLost: the process that mixes died or hung, for Reason. Told by who watches
	// it, not by the session.
	WorkerLost
	// WorkerRestarted: another process mixes; Reason says after how long.
	WorkerRestarted
)

var eventKindNames = [...]string{"mix_started", "mix_stopped", "spec_applied", "source_changed", "source_format", "output_changed", "ticks_skipped", "main_changed", "music_changed", "speaker_changed",
	"load_changed", "worker_lost", "worker_restarted"}

// String returns the kind's name in snake case.
func (k EventKind) String() string {
	if int(k) < len(eventKindNames) {
		return eventKindNames[k]
	}
	return "unknown"
}

// Event is one thing that happened in a session.
type Event struct {
	Time     time.Time     // wall clock
	At       time.Duration // session time
	Kind     EventKind
	Revision int64  // of the spec in force
	Name     string // the participant or the output, where the kind has one
	Source   SourceState
	Output   OutputState
	Music    MusicState
	Load     LoadLevel
	Reason   string // for people; never holds a URL's query
}

// Stats is a snapshot of a session's counters and states.
type Stats struct {
	At       time.Duration // session time: how much output there is
	Revision int64
	Ticks    TickStats
	Sources  []SourceStats
	Outputs  []OutputStats
	Main     string // the participant in the main slot; empty for none
	Music    []MusicStats

	Resources Resources
}

// Resources says what a mix takes of the machine.
type Resources struct {
	CPU    time.Duration // of the process that mixes, since it began
	Memory int64         // of that process, in bytes (resident)
	Load   LoadLevel
}

// LoadLevel is how a mix does with less of an overloaded machine. Each includes those
// before it.
type LoadLevel uint8

// The levels, in the order in which they are taken.
const (
	// LoadFull: everything as the spec has it.
	LoadFull LoadLevel = iota
	// LoadLessDecoding: streams that are shown small are decoded without their
	// deblocking filter.
	LoadLessDecoding
	// LoadLessEncoding: the picture is encoded with less effort.
	LoadLessEncoding
	// LoadHalfRate: every second frame is left out.
	LoadHalfRate
)

var loadLevelNames = [...]string{"full", "less_decoding", "less_encoding", "half_rate"}

// String returns the level's name in snake case.
func (l LoadLevel) String() string {
	if int(l) < len(loadLevelNames) {
		return loadLevelNames[l]
	}
	return "unknown"
}

// MusicState is what a track of music is doing.
type MusicState uint8

// The states of a track.
const (
	// MusicLoading: its file or stream is being opened.
	MusicLoading MusicState = iota
	// MusicPlaying: it is heard.
	MusicPlaying
	// MusicPaused: it holds its place.
	MusicPaused
	// MusicEnded: it has been played to its end.
	MusicEnded
	// MusicFailed: it cannot be played, or broke off.
	MusicFailed
)

var musicStateNames = [...]string{"loading", "playing", "paused", "ended", "failed"}

// String returns the state's name in lower case.
func (s MusicState) String() string {
	if int(s) < len(musicStateNames) {
		return musicStateNames[s]
	}
	return "unknown"
}

// MusicStats describes one track of music.
type MusicStats struct {
	Name     string
	State    MusicState
	Position time.Duration // in the piece
	Duration time.Duration // of the piece; 0 where it is not known
	Played   int64         // times that it came to its end
	Reason   string        // why it failed
}

// TickStats counts the session's video ticks.
type TickStats struct {
	Frames  int64 // encoded
	Late    int64 // begun more than half a frame after they were due
	Skipped int64 // left out because the machine was too slow
	Halved  int64 // left out on purpose, at LoadHalfRate
	// EncodeMax is the longest time one tick took since the last snapshot.
	EncodeMax time.Duration
	// EncodeTotal is the time that all ticks took.
	EncodeTotal time.Duration
}

// SourceStats describes one participant's source.
type SourceStats struct {
	Name          string
	State         SourceState
	Width, Height int           // of the last frame, in pixels
	FrameRate     float64       // decoded frames per second, over the last second
	Bitrate       int64         // bits per second received, over the last second
	Delay         time.Duration // from arrival to being shown, the target
	Jitter        time.Duration // measured spread of arrival times
	Frames        int64         // decoded in all
	DroppedFrames int64         // decoded but never shown, or never decoded; all of Drops
	Drops         Drops
	DecodeErrors  int64
	Reconnects    int64
	LevelDB       float64       // RMS of the last 100 ms in dBFS; -120 is silence
	GOP           time.Duration // between the last two key frames; 0 before the second
	DriftPPM      float64       // how much faster the sender's clock goes; 0 until known
	Skew          time.Duration // how much later the sound is played than its picture
}

// Drops counts what of a source was never seen or heard, by reason.
type Drops struct {
	Overflow   int64 // packets: more waited than may
	NoKeyFrame int64 // packets of pictures before the key frame that they need
	Refused    int64 // packets of pictures that there is no decoder for
	NotShown   int64 // decoded pictures
}

// OutputStats describes one destination.
type OutputStats struct {
	Name           string
	State          OutputState
	Bitrate        int64         // bits per second sent, over the last second
	BytesSent      int64         // in all
	Queue          time.Duration // media waiting to be sent
	DroppedPackets int64
	Reconnects     int64
}
