package guard

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/lianmai/lianmai/internal/bounded"
)

const (
	// lookEvery is how often a file is looked at, at most.
	lookEvery = time.Second
	// maxFile bounds a file, in bytes.
	maxFile = 1 << 20
)

// ErrFile says that a file cannot be read, or does not hold what it should.
var ErrFile = errors.New("guard: bad file")

// watched is a set of files that are read again when one of them has changed. Safe for
// concurrent use.
type watched struct {
	paths []string
	now   func() time.Time

	mu     sync.Mutex
	next   time.Time // of a look
	stamps []stamp   // of what was read last
}

// stamp tells one state of a file from the next.
type stamp struct {
	info os.FileInfo
	size int64
	time time.Time
}

func watch(paths ...string) *watched { return &watched{paths: paths, now: time.Now} }

// changed reports whether a file is not what it was at the last call that said so. It
// looks once a second, unless now is to be looked.
func (w *watched) changed(atOnce bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if !atOnce && now.Before(w.next) {
		return false
	}
	w.next = now.Add(lookEvery)
	stamps := make([]stamp, len(w.paths))
	same := len(w.stamps) == len(w.paths)
	for i, path := range w.paths {
		if info, err := os.Stat(path); err == nil {
			stamps[i] = stamp{info, info.Size(), info.ModTime()}
		}
		same = same && stamps[i].equal(w.stamps[i])
	}
	w.stamps = stamps
	return !same
}

func (s stamp) equal(t stamp) bool {
	if s.info == nil || t.info == nil {
		return s.info == nil && t.info == nil
	}
	return s.size == t.size && s.time.Equal(t.time) && os.SameFile(s.info, t.info)
}

// readFile reads a file of at most maxFile bytes. Errors: ErrFile.
func readFile(path string) ([]byte, error) {
	text, err := bounded.ReadFile(path, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return text, nil
}
