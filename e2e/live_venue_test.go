package e2e

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/bench/contest"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

const (
	// liveStart is how long all mixes together may take until the last of them shows a
	// picture, and liveSettle how long they are left alone then.
	liveStart  = 90 * time.Second
	liveSettle = 8 * time.Second
)

// venue is where live mixes are made: six senders at an origin, and a CDN.
type venue struct {
	origin, cdn string
	rounds      int
}

// openVenue has the files sent over and over. The origin lets players begin with a key
// frame: with sound alone at first, ffmpeg would have to look at each input for longer
// than a GOP before it opens the next, or miss its picture.
func openVenue(t *testing.T, files []string) *venue {
	t.Helper()
	v := &venue{origin: peers.StartNginx(t, "wait_key on", "wait_video on").URL, cdn: peers.NginxRTMP(t)}
	for i, path := range files {
		peers.FFmpeg(t, "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv", v.sender(i))
	}
	return v
}

func (v *venue) sender(i int) string { return fmt.Sprintf("%s/p%d", v.origin, i+1) }

// urls names the inputs and the output of each of n mixes, the output with a name that
// nobody had before. nginx does not look at the query of an input's URL.
func (v *venue) urls(n int) (inputs [][]string, outputs []string) {
	v.rounds++
	for i := range n {
		var own []string
		for j := range livePeople {
			url := v.sender(j)
			if !*liveShared {
				url += fmt.Sprintf("?mix=%d", i+1)
			}
			own = append(own, url)
		}
		inputs = append(inputs, own)
		outputs = append(outputs, fmt.Sprintf("%s/mix%d-%d", v.cdn, v.rounds, i+1))
	}
	return inputs, outputs
}

// look makes n mixes, receives them, and says whether they came in time.
func (v *venue) look(t *testing.T, c liveContender, n int) contest.LiveRun {
	t.Helper()
	inputs, outputs := v.urls(n)
	mixes := c.start(t, inputs, outputs)
	defer mixes.end()
	run := contest.LiveRun{Contender: c.name, Mixes: n}
	receivers := receive(t, outputs)
	defer receivers.stop()
	if missing := receivers.awaitFirst(t.Context(), liveStart); missing > 0 {
		run.Why = fmt.Sprintf("%d mixes did not begin within %v", missing, liveStart)
		return run
	}
	pause(t.Context(), liveSettle)
	before := mixes.counted()
	receivers.begin()
	cpu, began := mixes.cpu(), time.Now()
	pause(t.Context(), *live)
	looked := time.Since(began)
	run.CPU = (mixes.cpu() - cpu).Seconds() / looked.Seconds()
	run.MemoryMB = mixes.memoryMB()
	run.Received = receivers.arrival(looked)
	if after := mixes.counted(); after != nil {
		run.Ticks = &contest.TickCount{Frames: after.Frames - before.Frames, Late: after.Late - before.Late, Skipped: after.Skipped - before.Skipped}
	}
	run.InTime, run.Why = inTime(run)
	return run
}

// inTime judges a run by the receivers' yardstick, and by the mixes' own count if they have one.
func inTime(run contest.LiveRun) (ok bool, why string) {
	if share := run.Received.OutOfStep(); share > maxLate {
		return false, fmt.Sprintf("%.2f %% of the frames out of step", 100*share)
	}
	if run.Ticks != nil {
		if share := run.Ticks.LateShare(); share > maxLate {
			return false, fmt.Sprintf("%.2f %% of the ticks late", 100*share)
		}
	}
	return true, ""
}

// pause lets so much time pass: it is what is measured.
func pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-ctx.Done()
}

// counted returns what the mixes counted; nil if they do not count.
func (m liveMixes) counted() *contest.TickCount {
	if m.ticks == nil {
		return nil
	}
	return new(m.ticks())
}

func (m liveMixes) end() {
	for _, p := range m.processes {
		p.Interrupt()
	}
}

// pids returns the processes and those that they have started, such as a service's workers.
func (m liveMixes) pids() (all []int) {
	for _, p := range m.processes {
		all = append(all, p.PID())
		all = append(all, children(p.PID())...)
	}
	return all
}

// cpu returns what the processes have used so far.
func (m liveMixes) cpu() (sum time.Duration) {
	for _, pid := range m.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil {
			sum += processTime(string(text))
		}
	}
	return sum
}

func (m liveMixes) memoryMB() (sum float64) {
	for _, pid := range m.pids() {
		sum += residentMB(pid) * 1024 * 1024 / 1e6
	}
	return sum
}

// clockTick is the unit of times in /proc/PID/stat (USER_HZ), the same on all of Linux.
const clockTick = 10 * time.Millisecond

// processTime reads user and system time together from /proc/PID/stat. The program's
// name, in brackets, may hold anything.
func processTime(stat string) time.Duration {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	sys, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+sys) * clockTick
}

// receivers take each mix from the CDN.
type receivers struct {
	cancel  context.CancelFunc
	pulling sync.WaitGroup
	all     []*receiver
}

// receiver notes when pictures came and does not look at them.
type receiver struct {
	first chan struct{} // closed at the first picture

	mu       sync.Mutex
	counting bool
	seen     bool
	pictures []contest.Arrived
}

func receive(t *testing.T, urls []string) *receivers {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &receivers{cancel: cancel}
	for _, url := range urls {
		u, err := rtmp.ParseURL(url)
		check(t, err)
		one := &receiver{first: make(chan struct{})}
		r.all = append(r.all, one)
		r.pulling.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, one) })
	}
	return r
}

func (r *receivers) stop() {
	r.cancel()
	r.pulling.Wait()
}

// awaitFirst waits until every mix has shown a picture and returns how many have not
// by the end of limit.
func (r *receivers) awaitFirst(ctx context.Context, limit time.Duration) (missing int) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, one := range r.all {
		select {
		case <-one.first:
		case <-ctx.Done():
			missing++
		}
	}
	return missing
}

// begin forgets what came so far.
func (r *receivers) begin() {
	for _, one := range r.all {
		one.mu.Lock()
		one.counting = true
		one.mu.Unlock()
	}
}

// arrival ends the counting and adds up all mixes.
func (r *receivers) arrival(looked time.Duration) (sum contest.Arrival) {
	for _, one := range r.all {
		one.mu.Lock()
		one.counting = false
		sum = sum.Add(contest.ArrivalOf(one.pictures, time.Second/liveFPS, looked))
		one.mu.Unlock()
	}
	return sum
}

// receiverEpoch is where arrivals are counted from.
var receiverEpoch = time.Now()

func (*receiver) PullConnected()                        {}
func (*receiver) PullDisconnected(error, time.Duration) {}
func (r *receiver) PullPacket(p media.Packet) {
	at := time.Since(receiverEpoch)
	if p.Kind != media.Video || p.Config {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.seen {
		r.seen = true
		close(r.first)
	}
	if r.counting {
		r.pictures = append(r.pictures, contest.Arrived{At: at, DTS: p.DTS})
	}
}
