package supervisor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/mixer"
)

// kill sends a signal to a mix's worker and returns when.
func kill(t *testing.T, m *Mix, signal syscall.Signal) time.Time {
	t.Helper()
	worker := pid(t, m)
	began := time.Now()
	if err := syscall.Kill(worker, signal); err != nil {
		t.Fatal(err)
	}
	return began
}

// checkNoDouble fails the test if two real workers ever ran at a time.
func checkNoDouble(t *testing.T, lock string) {
	t.Helper()
	if text, err := os.ReadFile(lock + ".double"); err == nil {
		t.Errorf("two workers at a time: %s", text)
	}
}

// A worker is killed: the output is back within 2 s at the same destination with
// timestamps that rise, both are told of once, and the mix beside it is not disturbed.
func TestKilledWorkerIsReplaced(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	h, other := open(t, nil, "real", lock), open(t, nil, "real")
	origin := startOrigin(t)
	m, events := h.start(spec("a", origin))
	beside, calm := other.start(spec("b", origin))
	v, w := view(t, origin, "a"), view(t, origin, "b")
	v.more(t, 15)
	w.more(t, 15)

	killed := kill(t, m, syscall.SIGKILL)
	lost := events.kind(1, mixer.WorkerLost)
	events.kind(1, mixer.WorkerRestarted)
	waitFor(t, "pictures after the restart", func() bool { p := v.seen(); return p[len(p)-1].connection > 1 })
	seen := v.more(t, 15)
	w.more(t, 15)

	back := slices.IndexFunc(seen, func(a arrival) bool { return a.connection > 1 })
	gap := seen[back].came.Sub(killed)
	t.Logf("the output is back %v after the kill; stamps go from %v to %v", gap.Round(time.Millisecond), seen[back-1].dts, seen[back].dts)
	if gap > 2*time.Second {
		t.Errorf("the output is back after %v", gap)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i].dts <= seen[i-1].dts {
			t.Errorf("picture %d: %v follows %v", i, seen[i].dts, seen[i-1].dts)
		}
	}
	if !strings.Contains(lost.Reason, "killed") || lost.Revision != 1 || lost.At <= 0 {
		t.Errorf("%+v", lost)
	}
	steady := w.seen()
	for i := 1; i < len(steady); i++ {
		if d := steady[i].dts - steady[i-1].dts; d < 66*time.Millisecond || d > 68*time.Millisecond {
			if beside.Stats().Ticks.Skipped == 0 {
				t.Errorf("beside it, %v between pictures", d)
			}
		}
	}
	if len(steady) == 0 || steady[len(steady)-1].connection != 1 {
		t.Error("the mix beside it was disturbed")
	}
	stop(t, m)
	stop(t, beside)
	want := []mixer.EventKind{mixer.MixStarted, mixer.WorkerLost, mixer.WorkerRestarted, mixer.MixStopped}
	if got := events.kinds(); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if got := calm.kinds(); !slices.Equal(got, []mixer.EventKind{mixer.MixStarted, mixer.MixStopped}) {
		t.Errorf("beside it %v", got)
	}
	checkNoDouble(t, lock)
}

// A worker that is stopped by a signal is silent: it is killed after Patience.
func TestStoppedWorkerIsKilledAndReplaced(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	h := open(t, nil, "real", lock)
	m, events := h.start(spec("a", ""))
	began := kill(t, m, syscall.SIGSTOP)
	lost := events.kind(1, mixer.WorkerLost)
	if d := time.Since(began); lost.Reason != "the process hung" || d < h.cfg.Patience-500*time.Millisecond {
		t.Errorf("lost after %v: %s", d, lost.Reason)
	}
	events.kind(1, mixer.WorkerRestarted)
	stop(t, m)
	checkNoDouble(t, lock)
}

// What is changed while nobody mixes is what the next worker begins with.
func TestChangesWithoutAWorkerAreTakenUp(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	h := open(t, nil, "real", lock)
	s := spec("a", "")
	m, events := h.start(s)
	revision := s.Revision
	for n := 1; n <= 3; n++ {
		kill(t, m, syscall.SIGKILL)
		for range 3 { // before it is known, while there is none, or when the next is there
			revision++
			s.Revision = revision
			if err := m.Apply(s); err != nil {
				t.Fatal(err)
			}
		}
		events.kind(n, mixer.WorkerRestarted)
		waitFor(t, "the newest revision", func() bool { return m.Stats().Revision == revision })
	}
	stop(t, m)
	if err := m.Apply(s); !errors.Is(err, mixer.ErrStopped) {
		t.Errorf("Apply after the end: %v", err)
	}
	checkNoDouble(t, lock)
}

// A change that the worker refuses is not what its successor begins with.
func TestRefusedChangesAreForgotten(t *testing.T) {
	h := open(t, nil, "real")
	m, events := h.start(spec("a", ""))
	bad := spec("a", "")
	bad.Revision, bad.Outputs = 2, []mixer.Output{{Name: "x", URL: "file:///etc/passwd"}}
	huge := spec("a", "")
	huge.Revision, huge.Outputs = 2, []mixer.Output{{Name: "x", URL: strings.Repeat("x", 5<<20)}}
	for _, refused := range []mixer.Spec{bad, huge} {
		if err := m.Apply(refused); !errors.Is(err, ErrRefused) {
			t.Errorf("Apply: %v", err)
		}
	}
	kill(t, m, syscall.SIGKILL)
	events.kind(1, mixer.WorkerRestarted)
	waitFor(t, "statistics", func() bool { return m.Stats().Revision == 1 })
	if _, err := h.Start(bad, func(mixer.Event) {}); !errors.Is(err, ErrRefused) {
		t.Errorf("Start: %v", err)
	}
	if _, err := h.Start(huge, func(mixer.Event) {}); !errors.Is(err, ErrRefused) {
		t.Errorf("Start: %v", err)
	}
	stop(t, m)
}

// Stop while the next worker is being started: none is left, and nobody is kept waiting.
func TestStopDuringARestart(t *testing.T) {
	h := open(t, nil, "real")
	for n := range 4 {
		m, events := h.start(spec("a", ""))
		kill(t, m, syscall.SIGKILL)
		if n%2 == 0 {
			events.kind(1, mixer.WorkerLost)
		}
		began := time.Now()
		stop(t, m)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		kinds := events.kinds()
		if kinds[len(kinds)-1] != mixer.MixStopped {
			t.Errorf("events %v", kinds)
		}
		select {
		case <-m.Done():
		default:
			t.Error("Stop returned before the end")
		}
	}
}

// One that is killed as soon as it is there: each loss and each return is told of once.
func TestKillsInQuickSuccession(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	h := open(t, nil, "real", lock)
	s := spec("a", "")
	m, events := h.start(s)
	for n := 1; n <= 3; n++ {
		kill(t, m, syscall.SIGKILL)
		events.kind(n, mixer.WorkerRestarted)
		pid(t, m)
	}
	lost, restarted := 0, 0
	for _, k := range events.kinds() {
		switch k {
		case mixer.WorkerLost:
			lost++
		case mixer.WorkerRestarted:
			restarted++
		}
	}
	if lost != 3 || restarted != 3 {
		t.Errorf("lost %d times, restarted %d times", lost, restarted)
	}
	stop(t, m)
	checkNoDouble(t, lock)
}

func TestMetersAndStatsWhileThereIsNoWorker(t *testing.T) {
	h := open(t, nil, "real")
	s := spec("a", "")
	s.Participants = []mixer.Participant{{Name: "p", URL: "rtmp://127.0.0.1:1/live/x"}}
	m, events := h.start(s)
	waitFor(t, "statistics", func() bool { return len(m.Stats().Sources) == 1 && m.Stats().Resources.Memory > 0 })
	first := m.Meters().At
	waitFor(t, "meters", func() bool { return m.Meters().At > first })
	m.Stats().Sources[0].Name = "spoilt" // a copy
	frozen := make(chan mixer.Stats, 1)
	observe := m.observe
	m.telling.Lock()
	m.observe = func(e mixer.Event) {
		if e.Kind == mixer.WorkerLost {
			frozen <- m.Stats()
		}
		observe(e)
	}
	m.telling.Unlock()
	kill(t, m, syscall.SIGKILL)
	events.kind(1, mixer.WorkerLost)
	if st := <-frozen; len(st.Sources) != 1 || st.Sources[0].Name != "p" || st.Sources[0].State != mixer.Lost || st.Resources.Memory != 0 {
		t.Errorf("%+v", st)
	}
	stop(t, m)
}

// Close ends what runs and what is being started, at once.
func TestCloseEndsEverything(t *testing.T) {
	h := open(t, nil, "real")
	m, events := h.start(spec("a", ""))
	late := open(t, nil, "mute") // its mixes never begin
	refused := make(chan error)
	go func() { _, err := late.Start(spec("b", ""), func(mixer.Event) {}); refused <- err }()
	waitFor(t, "a worker that does not begin", func() bool { return len(children(t)) == 2 })
	late.Close()
	if err := <-refused; !errors.Is(err, ErrClosed) {
		t.Errorf("Start during Close: %v", err)
	}
	h.Close()
	select {
	case <-m.Done():
	default:
		t.Error("a mix has not ended")
	}
	if kinds := events.kinds(); kinds[len(kinds)-1] != mixer.MixStopped {
		t.Errorf("events %v", kinds)
	}
	if _, err := h.Start(spec("c", ""), func(mixer.Event) {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Stop(cut); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Stop after Close: %v", err)
	}
}
