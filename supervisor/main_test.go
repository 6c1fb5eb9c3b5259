package supervisor

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/rtmp"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "worker":
			act(os.Args[2], os.Args[3:])
		case "supervise":
			supervise(os.Args[2])
		}
	}
	media.QuietNative()
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// house is a Supervisor under test.
type house struct {
	*Supervisor
	t *testing.T
}

// open returns a Supervisor whose workers play a role (see act). When the test is over no
// child and no descriptor may be left.
func open(t *testing.T, change func(*Config), role ...string) house {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	descriptors := countFiles(t, "self")
	cfg := Config{
		Command: append([]string{program, "worker"}, role...), Log: slog.New(slog.DiscardHandler), Patience: time.Second,
		Env: []string{"GORACE=atexit_sleep_ms=0"}, // else whoever ends takes a second under the race detector
	}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	t.Cleanup(func() {
		s.Close()
		s.Close()
		if left := children(t); len(left) > 0 {
			t.Errorf("children are left: %v", left)
		}
		waitFor(t, "descriptors to be closed", func() bool { return countFiles(t, "self") <= descriptors })
	})
	return house{s, t}
}

// start starts a mix that has to start.
func (h house) start(spec mixer.Spec) (*Mix, *diary) {
	h.t.Helper()
	d := newDiary(h.t)
	m, err := h.Start(spec, d.note)
	if err != nil {
		h.t.Fatal(err)
	}
	return m, d
}

// stop stops a mix that has to stop.
func stop(t *testing.T, m *Mix) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// countFiles returns how many descriptors a process has.
func countFiles(t *testing.T, pid string) int {
	t.Helper()
	list, err := os.ReadDir("/proc/" + pid + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// children returns the processes, also dead ones, whose parent is this one.
func children(t *testing.T) (pids []string) {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile("/proc/self/task/" + thread.Name() + "/children")
		if err == nil { // else the thread has ended
			pids = append(pids, strings.Fields(string(text))...)
		}
	}
	return pids
}

// waitFor waits for a condition.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// pid returns the mix's process, for which it waits.
func pid(t *testing.T, m *Mix) int {
	t.Helper()
	var c *child
	waitFor(t, "a child", func() bool { c = m.current(); return c != nil })
	return c.cmd.Process.Pid
}

// diary keeps a mix's events.
type diary struct {
	t       *testing.T
	mu      sync.Mutex
	events  []mixer.Event
	changed chan struct{}
}

func newDiary(t *testing.T) *diary { return &diary{t: t, changed: make(chan struct{})} }

func (d *diary) note(e mixer.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
	close(d.changed)
	d.changed = make(chan struct{})
}

// await waits for the nth event, from 1, that ok accepts.
func (d *diary) await(n int, what string, ok func(mixer.Event) bool) mixer.Event {
	d.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		d.mu.Lock()
		seen := 0
		for _, e := range d.events {
			if ok(e) {
				if seen++; seen == n {
					d.mu.Unlock()
					return e
				}
			}
		}
		changed := d.changed
		d.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			d.t.Fatalf("waited in vain for %s %d; kinds %v", what, n, d.kinds())
		}
	}
}

// kind waits for the nth event of a kind.
func (d *diary) kind(n int, kind mixer.EventKind) mixer.Event {
	d.t.Helper()
	return d.await(n, kind.String(), func(e mixer.Event) bool { return e.Kind == kind })
}

// kinds returns what the supervisor and the life of sessions tell of, in order.
func (d *diary) kinds() (kinds []mixer.EventKind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		if slices.Contains([]mixer.EventKind{mixer.MixStarted, mixer.MixStopped, mixer.WorkerLost, mixer.WorkerRestarted}, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// startOrigin starts a server to push to and play from.
func startOrigin(t *testing.T) string {
	t.Helper()
	o := rtmp.NewOrigin(rtmp.OriginConfig{Addr: "127.0.0.1:0"})
	if err := o.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o.Addr().String()
}

var smallVideo = mixer.VideoSpec{Width: 160, Height: 284, FrameRate: media.FPS(15), Bitrate: 300_000, Preset: "ultrafast", GOP: time.Second}

// spec is a mix of nobody that is pushed to a stream of its name.
func spec(id, origin string) mixer.Spec {
	s := mixer.Spec{ID: id, Revision: 1, Layout: mixer.LayoutSpec{Template: layout.Default}, Video: smallVideo}
	if origin != "" {
		s.Outputs = []mixer.Output{{Name: "cdn", URL: fmt.Sprintf("rtmp://%s/live/%s", origin, id)}}
	}
	return s
}

// arrival is a picture that a viewer got.
type arrival struct {
	came       time.Time
	dts        time.Duration
	connection int
}

// viewer plays a stream and keeps when its pictures came.
type viewer struct {
	mu          sync.Mutex
	connections int
	pictures    []arrival
}

// view plays a stream until the test ends.
func view(t *testing.T, origin, name string) *viewer {
	t.Helper()
	u, err := rtmp.ParseURL(fmt.Sprintf("rtmp://%s/live/%s", origin, name))
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u, Backoff: rtmp.Backoff{Min: 20 * time.Millisecond, Max: 50 * time.Millisecond}}, v)
	})
	t.Cleanup(func() { cancel(); wait.Wait() })
	return v
}

func (v *viewer) PullConnected() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.connections++
}

func (*viewer) PullDisconnected(error, time.Duration) {}

func (v *viewer) PullPacket(p media.Packet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p.Kind == media.Video && !p.Config {
		v.pictures = append(v.pictures, arrival{time.Now(), p.DTS, v.connections})
	}
}

// seen returns the pictures so far.
func (v *viewer) seen() []arrival {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.pictures)
}

// more waits for so many more pictures and returns all.
func (v *viewer) more(t *testing.T, n int) []arrival {
	t.Helper()
	want := len(v.seen()) + n
	waitFor(t, "pictures", func() bool { return len(v.seen()) >= want })
	return v.seen()
}

// ledger is a log that can be read.
type ledger struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// logTo lets a Supervisor log to l as JSON.
func logTo(l io.Writer) func(*Config) {
	return func(cfg *Config) {
		cfg.Log = slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}
