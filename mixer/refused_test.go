package mixer

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

// logbook counts the lines of a log that contain a text.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// What is refused is told by name, in an event with a state.
func TestRefusalsSayWhy(t *testing.T) {
	liveAtStart(t)
	for name, want := range map[string]string{"8 AV1": "av01", "8 an absurd size": "8176×8176"} {
		for _, f := range damageFaults {
			if f.name != name {
				continue
			}
			net := &network{coming: f.stream(t), ready: make(chan struct{})}
			st := liveTheatre(t, 3*time.Second, net)
			st.play()
			found := false
			for _, e := range st.told(SourceChanged) {
				found = found || e.Source == Refused && e.Name == "a" && strings.Contains(e.Reason, want)
			}
			if !found {
				t.Errorf("%s: no event says %q: %+v", name, want, st.told(SourceChanged))
			}
		}
	}
}

// An error storm: every error is counted, and what is logged is one line a second.
func TestErrorStormsAreLoggedOnceASecond(t *testing.T) {
	liveAtStart(t)
	// All are key frames, so that none is left out.
	net := &network{ready: make(chan struct{}), coming: eachMedia(clearSky(t, 5*time.Second), func(a *arrival) {
		if a.pkt.Kind == media.Video && a.at > time.Second {
			a.pkt.Key, a.pkt.Data = true, garbage(1, nil)
		}
	})}
	st := liveTheatre(t, 4500*ms, net)
	var book logbook
	st.opts.Log = slog.New(slog.NewTextHandler(&book, nil))
	began := time.Now()
	st.play()
	most := int(time.Since(began)/time.Second) + 1
	if n := book.count("cannot be decoded"); n == 0 || n > most {
		t.Errorf("%d lines in %v", n, time.Since(began))
	}
	if n := st.s.Stats().Sources[0].DecodeErrors; n < 40 {
		t.Errorf("%d errors are counted", n)
	}
}
