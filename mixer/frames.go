package mixer

import (
	"sync"
	"time"

	"github.com/lianmai/lianmai/media"
)

// maxFrames bounds the pictures that one source keeps around now. At 60 frames per
// second that is half a second.
const maxFrames = 32

// tooOld is how far behind a picture may be to be the first that is shown after a
// connection: what a server's GOP cache brings must not flash by.
const tooOld = 400 * time.Millisecond

// frameSlot keeps the pictures of one source around now: the decoder puts them in,
// the tick takes the newest that is due. It owns all of them.
type frameSlot struct {
	mu      sync.Mutex
	frames  []*media.Frame // rising PTS in session time
	current *media.Frame   // the one that is shown; used by the tick alone
	seq     int64          // rises with each new current
	dropped int64
}

// put takes over f, whose PTS is session time. A picture with a PTS below those
// that wait replaces them: the source went back.
func (s *frameSlot) put(f *media.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.frames); n > 0 && s.frames[n-1].PTS >= f.PTS; n-- {
		s.frames[n-1].Free()
		s.frames = s.frames[:n-1]
		s.dropped++
	}
	if len(s.frames) >= maxFrames {
		s.frames[0].Free()
		s.frames = append(s.frames[:0], s.frames[1:]...)
		s.dropped++
	}
	s.frames = append(s.frames, f)
}

// pick makes the newest picture with a PTS of at most t the current one, frees the
// older ones and returns it: nil if there never was one. The picture stays the
// slot's and is good until the next pick. changed says that it is another one than
// last time. While fresh is false a picture that is too old is not begun with.
func (s *frameSlot) pick(t time.Duration, fresh bool) (f *media.Frame, seq int64, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := 0
	for due < len(s.frames) && s.frames[due].PTS <= t {
		due++
	}
	if due > 0 && (fresh || s.frames[due-1].PTS > t-tooOld) {
		s.current.Free()
		s.current = s.frames[due-1]
		s.seq++
		s.dropped += int64(due - 1)
		for _, old := range s.frames[:due-1] {
			old.Free()
		}
		changed = true
		n := copy(s.frames, s.frames[due:])
		clear(s.frames[n:])
		s.frames = s.frames[:n]
	}
	return s.current, s.seq, changed
}

// take hands the current picture over to the caller, who frees it; nil if there is
// none. The slot has none from then on.
func (s *frameSlot) take() *media.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.current
	s.current = nil
	return f
}

// reaches says that a picture with a PTS beyond t has been put in, so that pick(t)
// cannot change any more.
func (s *frameSlot) reaches(t time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames) > 0 && s.frames[len(s.frames)-1].PTS > t
}

// drops returns how many pictures were decoded and never shown.
func (s *frameSlot) drops() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// clear frees all pictures, the current one too.
func (s *frameSlot) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.frames {
		f.Free()
		s.frames[i] = nil
	}
	s.frames = s.frames[:0]
	s.current.Free()
	s.current = nil
}
