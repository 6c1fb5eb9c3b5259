package media

import "sync"

// blanks are Frames that have not been used yet. They are made many at a time and each is
// used once: Go frees them together when none is referred to any more.
var blanks struct {
	mu   sync.Mutex
	rest []Frame
}

// blanksAtOnce is how many Frames are made at a time: some 8 kB.
const blanksAtOnce = 32

// blank returns a Frame that nobody has used.
func blank() *Frame {
	blanks.mu.Lock()
	defer blanks.mu.Unlock()
	if len(blanks.rest) == 0 {
		blanks.rest = make([]Frame, blanksAtOnce)
	}
	f := &blanks.rest[0]
	blanks.rest = blanks.rest[1:]
	return f
}
