package supervisor

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// Workers that never get as far as a mix.
func TestStartFailsWithWorkersThatDoNotBegin(t *testing.T) {
	for role, want := range map[string]struct {
		is   error
		text string
	}{
		"exit":    {ErrWorker, "exit status 3"},
		"garbage": {ErrWorker, "nonsense"},
		"giant":   {ErrWorker, "nonsense"},
		"refuse":  {ErrRefused, "no such thing"},
	} {
		t.Run(role, func(t *testing.T) {
			h := open(t, nil, role)
			if _, err := h.Start(spec("a", ""), func(mixer.Event) {}); !errors.Is(err, want.is) || !strings.Contains(err.Error(), want.text) {
				t.Errorf("Start: %v, want %v with %q", err, want.is, want.text)
			}
		})
	}
	h := open(t, func(cfg *Config) { cfg.Command = []string{"/nonexistent/program"} })
	if _, err := h.Start(spec("a", ""), func(mixer.Event) {}); !errors.Is(err, ErrWorker) {
		t.Errorf("Start of nothing: %v", err)
	}
}

// Workers that begin and go wrong: each is lost for a reason and replaced, over and over,
// slower and slower, and the memory of this process does not grow.
func TestBadWorkersAreReplaced(t *testing.T) {
	for role, reason := range map[string]string{
		"no pulse": "hung", "still": "hung", "crash": "the process ended", "broke off": "the encoder broke",
		"wrong kind": "nonsense", "wrong state": "nonsense", "claims": "nonsense", "crowd": "nonsense", "nothing": "nonsense",
		"events": "nonsense", "large": "nonsense", "payload": "nonsense", "asks": "nonsense",
	} {
		t.Run(role, func(t *testing.T) {
			h := open(t, func(cfg *Config) { cfg.Library = &shelf{slow: true} }, role)
			m, events := h.start(spec("a", ""))
			for n := 1; n <= 2; n++ {
				if e := events.kind(n, mixer.WorkerLost); !strings.Contains(e.Reason, reason) {
					t.Errorf("lost for %q, want %q", e.Reason, reason)
				}
				events.kind(n, mixer.WorkerRestarted)
			}
			stopNow(t, m)
			for i, k := range events.kinds() {
				if k == mixer.WorkerRestarted && events.kinds()[i-1] != mixer.WorkerLost {
					t.Errorf("restarted without having been lost: %v", events.kinds())
				}
			}
		})
	}
}

// A worker that ignores Stop is cut off at the end of the context.
func TestStopCutsOffWhoIgnoresIt(t *testing.T) {
	h := open(t, nil, "deaf")
	m, events := h.start(spec("a", ""))
	const within = 300 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	began := time.Now()
	err := m.Stop(ctx)
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took < within {
		t.Errorf("after %v: %v", took, err)
	}
	select {
	case <-m.Done():
	case <-time.After(patience):
		t.Fatal("it is not cut off")
	}
	if k := events.kinds(); k[len(k)-1] != mixer.MixStopped {
		t.Errorf("events %v", k)
	}
}

// A flood of log lines is bounded, counted, and hurts nobody.
func TestFloodOfLinesIsBounded(t *testing.T) {
	var book ledger
	h := open(t, logTo(&book), "talkative")
	began := time.Now()
	m, events := h.start(spec("a", ""))
	waitFor(t, "lines to be left out", func() bool { return strings.Contains(book.String(), "left out") })
	stopNow(t, m)
	most := lineBurst + int(time.Since(began).Seconds()+1)*lineRate
	if n := strings.Count(book.String(), `"msg":"words"`); n == 0 || n > most {
		t.Errorf("%d lines; at most %d", n, most)
	}
	if k := events.kinds(); len(k) != 2 {
		t.Errorf("events %v", k)
	}
}

// stopNow stops a mix whose worker does not listen.
func stopNow(t *testing.T, m *Mix) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = m.Stop(ctx)
	select {
	case <-m.Done():
	case <-time.After(patience):
		t.Fatal("the mix does not end")
	}
}

// The last words of a worker that dies arrive, the beginning of them.
func TestLastWordsAreLogged(t *testing.T) {
	for role, c := range map[string]struct{ words, reason string }{
		"panic": {"a worker's panic", "exit status 2"},
		"segv":  {"SIGSEGV", "the process ended"},
	} {
		t.Run(role, func(t *testing.T) {
			var book ledger
			h := open(t, logTo(&book), role)
			m, events := h.start(spec("room-7", ""))
			if e := events.kind(1, mixer.WorkerLost); !strings.Contains(e.Reason, c.reason) {
				t.Errorf("lost for %q", e.Reason)
			}
			text := book.String()
			if !strings.Contains(text, c.words) || !strings.Contains(text, `"mix":"room-7"`) {
				t.Errorf("the log says %s", text)
			}
			if n := strings.Count(text, "the worker says"); n > maxWords {
				t.Errorf("%d lines", n)
			}
			stopNow(t, m)
		})
	}
}

// A worker that wants more memory than it may have dies of it, and is replaced.
func TestMemoryHasACeiling(t *testing.T) {
	h := open(t, func(cfg *Config) { cfg.Limits = wire.Limits{Memory: 512 << 20} }, "hungry")
	m, events := h.start(spec("a", ""))
	if e := events.kind(1, mixer.WorkerLost); !strings.Contains(e.Reason, "exit status") {
		t.Errorf("lost for %q", e.Reason)
	}
	events.kind(2, mixer.WorkerLost)
	stopNow(t, m)
}

// shelf is a Library with one sound.
type shelf struct {
	slow      bool // questions take as long as the worker lives
	lent, put atomic.Int64
}

func (*shelf) PictureFile(context.Context, string) ([]byte, error) { return nil, errors.New("none") }

func (s *shelf) SoundFile(ctx context.Context, _ string) (string, func(), error) {
	if s.slow {
		<-ctx.Done()
		return "", nil, ctx.Err()
	}
	s.lent.Add(1)
	return "/the/sound", func() { s.put.Add(1) }, nil
}

// Sounds are given back when the worker says so, and all of them when it dies.
func TestSoundsAreGivenBack(t *testing.T) {
	s := &shelf{}
	h := open(t, func(cfg *Config) { cfg.Library = s }, "borrower")
	m, _ := h.start(spec("a", ""))
	waitFor(t, "the first sound", func() bool { return s.lent.Load() == 3 && s.put.Load() == 1 })
	stopNow(t, m)
	if s.put.Load() != 3 {
		t.Errorf("%d of %d sounds are given back", s.put.Load(), s.lent.Load())
	}
}

// What a worker floods is not kept: this process's memory stays where it was.
func TestFloodsTakeNoMemory(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := open(t, nil, "large")
	m, events := h.start(spec("a", ""))
	events.kind(2, mixer.WorkerLost)
	stopNow(t, m)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}
