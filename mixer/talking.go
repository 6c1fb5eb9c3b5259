package mixer

import (
	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// How long somebody must be the one who speaks, and how long all must be silent, to be
// told of, in frames.
const (
	talkFrames   = 3 * media.SampleRate / 10
	silentFrames = 3 * media.SampleRate / 2
)

// talking says who is the one who speaks. Unlike the main speaker that is at times
// nobody, and it follows at once.
type talking struct {
	name  string // who was told of; empty for nobody
	other string // who it may be now
	since int64  // session frame since which
}

// next takes in who speaks at a session frame and returns who is to be told of, and
// whether that is another than before.
func (t *talking) next(at int64, candidates []audio.Candidate) (name string, changed bool) {
	best := -1
	for i, c := range candidates {
		if c.Speaking && !c.Away && (best < 0 || c.StrengthDB > candidates[best].StrengthDB) {
			best = i
		}
	}
	loudest := ""
	if best >= 0 {
		loudest = candidates[best].Name
	}
	if loudest == t.name {
		t.other, t.since = t.name, at
		return t.name, false
	}
	if loudest != t.other {
		t.other, t.since = loudest, at
	}
	wait := int64(talkFrames)
	if loudest == "" {
		wait = silentFrames
	}
	if at-t.since < wait {
		return t.name, false
	}
	t.name = loudest
	return t.name, true
}
