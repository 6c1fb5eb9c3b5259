package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// errGone: the child ended before it answered.
var errGone = errors.New("the process ended")

// child is one worker process.
type child struct {
	cmd   *exec.Cmd
	conn  *wire.Conn
	words *os.File // what it writes to its standard error
	log   *slog.Logger
	mind  minder

	library Library
	ctx     context.Context // ends with the child
	cancel  context.CancelFunc
	work    sync.WaitGroup // readers and answers
	showing sync.Mutex     // one picture at a time is in memory

	ready, applied chan wire.Result
	gone           chan struct{} // closed when the process has ended and been heard out
	why            string        // how it ended; set before gone is closed

	// Of its listener.
	events, lines allowance
	left          int64 // lines of its log that were too many here
	lost          int64 // lines of its log that were lost and told of

	mu      sync.Mutex
	pulsed  time.Time        // when it was last seen alive
	at      time.Duration    // of its newest tick
	moved   time.Time        // when at last changed
	asks    int              // questions that are being answered
	sounds  map[int64]func() // releases of the sounds that it uses
	ended   *wire.Result     // what it said when it ended itself
	killed  string           // why it was killed; empty for not by us
	ending  bool             // it was told to stop, so its tick may stand still
	leaving bool             // its socket has ended
}

// minder is told what a child says.
type minder interface {
	event(mixer.Event)
	pulse(*wire.Pulse)
	levels(*mixer.Meters)
}

// lastWords is how long a process that is gone is still heard: somebody else may hold
// its end of the socket.
const lastWords = time.Second

// start starts a worker, lets it mix and returns when it does. When ctx ends before, the
// worker is killed. Errors: ErrRefused, ErrWorker, or ctx's.
func (s *Supervisor) start(ctx context.Context, log *slog.Logger, mind minder, start *wire.Start) (*child, error) {
	cmd, conn, words, err := s.spawner.spawn(s.cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	now := time.Now()
	c := &child{
		cmd: cmd, conn: conn, words: words, log: log.With("worker", cmd.Process.Pid), mind: mind, library: s.cfg.Library,
		ready: make(chan wire.Result, 1), applied: make(chan wire.Result, 1), gone: make(chan struct{}),
		events: newAllowance(eventRate, eventBurst, now), lines: newAllowance(lineRate, lineBurst, now),
		pulsed: now, moved: now, sounds: map[int64]func(){},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.conn.Expect(maxWorkerHeader, 0)
	c.work.Go(c.listen)
	c.work.Go(func() { overhear(c.log, words) })
	go c.reap()
	cut := context.AfterFunc(ctx, func() { c.kill("it is not wanted any more") })
	defer cut()
	if err := c.begin(start); err != nil {
		c.kill("it did not begin")
		<-c.gone
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return c, nil
}

// begin lets the child mix. Errors: ErrRefused, ErrWorker.
func (c *child) begin(start *wire.Start) error {
	if err := c.send(wire.Message{Start: start}, nil); errors.Is(err, wire.ErrFrame) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	r, err := c.await(c.ready, late.C)
	switch {
	case errors.Is(err, errGone):
		return fmt.Errorf("%w: %s before the mix ran", ErrWorker, c.why)
	case err != nil:
		return fmt.Errorf("%w: no mix within %v", ErrWorker, startTimeout)
	case r.Error != "":
		return fmt.Errorf("%w: %s", ErrRefused, r.Error)
	}
	return nil
}

// await returns the next result. Errors: errGone, context.DeadlineExceeded when late comes
// first.
func (c *child) await(results <-chan wire.Result, late <-chan time.Time) (wire.Result, error) {
	select {
	case r := <-results:
		return r, nil
	case <-late:
		return wire.Result{}, context.DeadlineExceeded
	case <-c.gone:
	}
	// Who says something and ends is heard all the same.
	select {
	case r := <-results:
		return r, nil
	default:
		return wire.Result{}, errGone
	}
}

// send says something to the child, and kills it when it does not listen. Errors:
// wire.ErrFrame: nothing was said; else it is as good as gone.
func (c *child) send(m wire.Message, payload []byte) error {
	err := c.conn.Send(m, payload)
	if err != nil && !errors.Is(err, wire.ErrFrame) {
		c.kill("it does not listen")
	}
	return err
}

// kill ends the process at once; the first reason counts.
func (c *child) kill(why string) {
	c.mu.Lock()
	if c.killed == "" && !c.leaving {
		c.killed = why
	}
	c.mu.Unlock()
	_ = c.cmd.Process.Kill()
}

// reap waits for the end of the process and of everything that belongs to it.
func (c *child) reap() {
	err := c.cmd.Wait()
	c.cancel()
	// What it said before it died is still read.
	c.conn.Expire(time.Now().Add(lastWords))
	_ = c.words.SetReadDeadline(time.Now().Add(lastWords))
	c.work.Wait()
	c.conn.Close()
	c.mu.Lock()
	sounds := c.sounds
	c.sounds = nil
	c.why = c.reason(err)
	c.mu.Unlock()
	for _, release := range sounds {
		release()
	}
	close(c.gone)
}

// reason says how the process ended; c.mu is held.
func (c *child) reason(err error) string {
	switch {
	case c.ended != nil && c.ended.Error != "":
		return c.ended.Error
	case c.killed != "":
		return c.killed
	case err != nil:
		return "the process ended: " + err.Error()
	default:
		return "the process ended"
	}
}

// stop tells the child to end the mix, which may take as long as within.
func (c *child) stop(within time.Duration) {
	c.mu.Lock()
	c.ending = true
	c.mu.Unlock()
	_ = c.send(wire.Message{Stop: &wire.Stop{Within: within}}, nil)
}

// apply hands over the next spec. Errors: errGone, ErrRefused.
func (c *child) apply(spec mixer.Spec) error {
	switch err := c.send(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil); {
	case errors.Is(err, wire.ErrFrame):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case err != nil:
		return errGone
	}
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	r, err := c.await(c.applied, late.C)
	switch {
	case errors.Is(err, errGone):
		return errGone
	case err != nil:
		// Whether the spec has arrived is not known, but the next child will have it.
		c.kill("it does not take a change")
		return errGone
	case r.Error != "":
		return fmt.Errorf("%w: %s", ErrRefused, r.Error)
	}
	return nil
}

// watchEvery is how often a child is looked after.
const watchEvery = 250 * time.Millisecond

// watch kills the child when it hangs, and returns when it is gone.
func (c *child) watch(patience time.Duration) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	last := time.Now()
	c.mu.Lock()
	c.pulsed, c.moved = last, last
	c.mu.Unlock()
	for {
		select {
		case <-c.gone:
			return
		case <-ticker.C:
		}
		now := time.Now()
		// When this process stood still too, the child deserves to be heard first.
		paused := now.Sub(last) > 4*watchEvery
		last = now
		if c.hangs(now, patience, paused) {
			c.log.Error("the worker hangs and is killed", "patience", patience)
			c.kill("the process hung")
			<-c.gone
			return
		}
	}
}

// hangs says whether the child has been silent, or its tick has stood still, for too long.
func (c *child) hangs(now time.Time, patience time.Duration, paused bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if paused {
		c.pulsed, c.moved = now, now
	}
	return now.Sub(c.pulsed) > patience || !c.ending && now.Sub(c.moved) > patience
}
