package contest

import "time"

// LiveReport is what the live benchmark found; it is written as JSON.
type LiveReport struct {
	Time    time.Time `json:"time"`
	Machine Machine   `json:"machine"`
	// Versions are those of the programs, by their names.
	Versions map[string]string `json:"versions"`
	Job      string            `json:"job"`
	// Seconds is how long each run was looked at.
	Seconds float64 `json:"seconds"`
	// MaxLate is the share of frames or ticks that may be late in a run that counts.
	MaxLate float64 `json:"max_late"`
	// Real says that clips of the user were sent.
	Real bool `json:"real_clips"`
	// Shared says that all mixes pulled the same URLs; else each pulled its own.
	Shared bool `json:"shared"`
	// Runs are all of them in the order in which they were made, Holds the most mixes
	// at once that a contender did in time, by its name.
	Runs  []LiveRun      `json:"runs"`
	Holds map[string]int `json:"holds"`
	// Delays is by contender, of one mix alone.
	Delays map[string]Delay `json:"delays"`
}

// LiveRun is one contender with so many mixes at once.
type LiveRun struct {
	Contender string `json:"contender"`
	Mixes     int    `json:"mixes"`
	// Received sums up what the receivers of all mixes saw.
	Received Arrival `json:"received"`
	// Ticks is what Lianmai itself counted; nil for others.
	Ticks *TickCount `json:"ticks,omitempty"`
	// CPU is how many cores were in use on average, by the contender's processes alone.
	CPU float64 `json:"cpu_cores"`
	// MemoryMB is what those processes had resident at the end, in 10^6 bytes.
	MemoryMB float64 `json:"memory_mb"`
	// InTime says whether the run counts.
	InTime bool `json:"in_time"`
	// Why says what was wrong with a run that does not count.
	Why string `json:"why,omitempty"`
}

// TickCount is the session's own count, of all mixes together.
type TickCount struct {
	Frames  int64 `json:"frames"`
	Late    int64 `json:"late"`
	Skipped int64 `json:"skipped"`
}

// LateShare returns the late and the skipped among all ticks, 0 to 1; 1 if there was none.
func (t TickCount) LateShare() float64 {
	if t.Frames+t.Skipped == 0 {
		return 1
	}
	return float64(t.Late+t.Skipped) / float64(t.Frames+t.Skipped)
}

// Delay is the time from an input's picture to the mix's picture that shows it, both
// as they come to a receiver, in milliseconds.
type Delay struct {
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Pictures int     `json:"pictures"`
}
