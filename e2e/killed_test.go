package e2e

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// maxAway bounds how long an output may be away when its worker was killed.
const maxAway = 2 * time.Second

// TestKilledWorkerIsReplaced kills the process of one of two mixes, again and again: its
// output is back at the same destination within two seconds, with timestamps that rise,
// and the other mix's output has not noticed.
func TestKilledWorkerIsReplaced(t *testing.T) {
	const rounds = 5
	origin, cdn := peers.NginxRTMP(t), peers.NginxRTMP(t)
	for _, name := range []string{"p1", "p2"} {
		peers.Start(t, binary, "publish", origin+"/"+name, "--size", "360x640")
	}
	s := serve(t)
	var outs [2]*witness
	var pids [2]int
	for i, id := range []string{"victim", "other"} {
		s.mix("start", "--id", id, "--input", "p1="+origin+"/p1", "--input", "p2="+origin+"/p2", "--output", cdn+"/"+id)
		for _, pid := range children(s.process.PID()) {
			if !slices.Contains(pids[:], pid) {
				pids[i] = pid
			}
		}
		outs[i] = attend(t, cdn+"/"+id)
		outs[i].await(t, 30)
	}
	var away []time.Duration
	victim := pids[0]
	for range rounds {
		check(t, syscall.Kill(victim, syscall.SIGKILL))
		before := outs[0].count()
		outs[0].await(t, before+90) // three seconds of it are back
		away = append(away, outs[0].longest(before-1))
		for _, pid := range children(s.process.PID()) {
			if pid != pids[1] {
				victim = pid
			}
		}
	}
	slices.Sort(away)
	t.Logf("after kill -9 of its worker an output is away for %v (median; at most %v)", away[rounds/2].Round(time.Millisecond), away[rounds-1].Round(time.Millisecond))
	if away[rounds-1] > maxAway {
		t.Errorf("an output was away for %v; want at most %v", away[rounds-1], maxAway)
	}
	if bad := outs[0].falls(); bad > 0 {
		t.Errorf("%d timestamps of the output did not rise", bad)
	}
	if got := children(s.process.PID()); len(got) != 2 {
		t.Errorf("two mixes have the processes %v", got)
	}
	if longest := outs[1].longest(0); longest > 500*time.Millisecond {
		t.Errorf("the other mix's output was away for %v", longest)
	}
	if bad := outs[1].falls() + outs[1].gaps(media.FPS(30)); bad > 0 {
		t.Errorf("%d gaps and falls in the timestamps of the other mix", bad)
	}
	if restarts := s.mix("get", "victim")["mix"].(map[string]any)["restarts"]; restarts != float64(rounds) {
		t.Errorf("the mix was restarted %v times; want %d", restarts, rounds)
	}
}

// witness notes when which picture of a stream came, over all its connections.
type witness struct {
	mu      sync.Mutex
	wake    *sync.Cond
	came    []time.Time
	stamps  []time.Duration
	stopped bool
}

// attend plays a stream until the test ends.
func attend(t *testing.T, url string) *witness {
	t.Helper()
	u, err := rtmp.ParseURL(url)
	check(t, err)
	r := &witness{}
	r.wake = sync.NewCond(&r.mu)
	ctx, cancel := context.WithCancel(t.Context())
	var pulling sync.WaitGroup
	pulling.Go(func() {
		_ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u, Backoff: rtmp.Backoff{Min: 20 * time.Millisecond, Max: 100 * time.Millisecond}}, r)
	})
	t.Cleanup(func() { cancel(); pulling.Wait() })
	return r
}

func (*witness) PullConnected()                        {}
func (*witness) PullDisconnected(error, time.Duration) {}
func (r *witness) PullPacket(p media.Packet) {
	if p.Kind != media.Video || p.Config {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came, r.stamps = append(r.came, time.Now()), append(r.stamps, p.DTS)
	r.wake.Broadcast()
}

// count returns how many pictures have come.
func (r *witness) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.came)
}

// await waits until n pictures have come.
func (r *witness) await(t *testing.T, n int) {
	t.Helper()
	late := time.AfterFunc(30*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.stopped = true
		r.wake.Broadcast()
	})
	defer late.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.came) < n && !r.stopped {
		r.wake.Wait()
	}
	if r.stopped {
		t.Fatalf("%d of %d pictures came", len(r.came), n)
	}
}

// longest returns the longest time between two pictures, from picture `from` on.
func (r *witness) longest(from int) (longest time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := max(from, 0) + 1; i < len(r.came); i++ {
		longest = max(longest, r.came[i].Sub(r.came[i-1]))
	}
	return longest
}

// falls counts timestamps that are not above the one before.
func (r *witness) falls() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 1; i < len(r.stamps); i++ {
		if r.stamps[i] <= r.stamps[i-1] {
			n++
		}
	}
	return n
}

// gaps counts steps of more than one and a half frames.
func (r *witness) gaps(rate media.FrameRate) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 1; i < len(r.stamps); i++ {
		if r.stamps[i]-r.stamps[i-1] > rate.Time(3)/2 {
			n++
		}
	}
	return n
}
