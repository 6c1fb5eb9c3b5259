package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	cmd  *exec.Cmd
	conn *wire.Conn
	log  *slog.Logger
	mind minder

	library Library
	ctx     context.Context // ends with the child
	cancel  context.CancelFunc
	work    sync.WaitGroup // readers and answers

	ready, applied chan wire.Result
	gone           chan struct{} // closed when the process has ended and been heard out
	why            string        // how it ended; set before gone is closed

	mu     sync.Mutex
	pulsed time.Time        // when it was last seen alive
	at     time.Duration    // of its newest tick
	moved  time.Time        // when at last grew
	sounds map[int64]func() // releases of the sounds that it uses
	ended  *wire.Result     // what it said when it ended itself
	hung   bool             // it was killed because it hung
	ending bool             // it was told to stop, so its tick may stand still
}

// minder is told what a child says.
type minder interface {
	event(mixer.Event)
	pulse(*wire.Pulse)
	levels(*mixer.Meters)
}

// start starts a worker, lets it mix and returns when it does. Errors: ErrRefused,
// ErrWorker.
func (s *Supervisor) start(log *slog.Logger, mind minder, start *wire.Start) (*child, error) {
	cmd, conn, words, err := s.spawner.spawn(s.cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	now := time.Now()
	c := &child{
		cmd: cmd, conn: conn, log: log.With("worker", cmd.Process.Pid), mind: mind, library: s.cfg.Library,
		ready: make(chan wire.Result, 1), applied: make(chan wire.Result, 1), gone: make(chan struct{}),
		pulsed: now, moved: now, sounds: map[int64]func(){},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.work.Go(c.listen)
	c.work.Go(func() { c.overhear(words) })
	go c.reap()
	// The worker reads before it writes, so this does not block for long.
	if err := conn.Send(wire.Message{Start: start}, nil); err != nil {
		c.kill()
	}
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	select {
	case r := <-c.ready:
		if r.Error == "" {
			return c, nil
		}
		err = fmt.Errorf("%w: %s", ErrRefused, r.Error)
	case <-c.gone:
		err = fmt.Errorf("%w: %s before the mix ran", ErrWorker, c.why)
	case <-late.C:
		err = fmt.Errorf("%w: no mix within %v", ErrWorker, startTimeout)
	}
	c.kill()
	<-c.gone
	return nil, err
}

// kill ends the process at once.
func (c *child) kill() { _ = c.cmd.Process.Kill() }

// reap waits for the end of the process and of everything that belongs to it.
func (c *child) reap() {
	err := c.cmd.Wait()
	// What it said before it died is still read: its end of the socket is closed.
	c.cancel()
	c.work.Wait()
	c.conn.Close()
	c.mu.Lock()
	for _, release := range c.sounds {
		release()
	}
	clear(c.sounds)
	c.why = c.reason(err)
	c.mu.Unlock()
	close(c.gone)
}

// reason says how the process ended; c.mu is held.
func (c *child) reason(err error) string {
	switch {
	case c.hung:
		return "the process hung"
	case c.ended != nil && c.ended.Error != "":
		return c.ended.Error
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
	if err := c.conn.Send(wire.Message{Stop: &wire.Stop{Within: within}}, nil); err != nil {
		c.kill()
	}
}

// apply hands over the next spec. Errors: errGone, ErrRefused, ErrWorker.
func (c *child) apply(spec mixer.Spec) error {
	if err := c.conn.Send(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil); err != nil {
		return errGone // its socket has ended
	}
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	select {
	case r := <-c.applied:
		if r.Error != "" {
			return fmt.Errorf("%w: %s", ErrRefused, r.Error)
		}
		return nil
	case <-c.gone:
		return errGone
	case <-late.C:
		// Whether the spec has arrived is not known, but the next child will have it.
		c.kill()
		return errGone
	}
}

// watch kills the child when it hangs, until it is gone.
func (c *child) watch(patience time.Duration) {
	const every = 250 * time.Millisecond
	ticker := time.NewTicker(every)
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
		paused := now.Sub(last) > 4*every
		last = now
		if c.hangs(now, patience, paused) {
			c.log.Error("the worker hangs and is killed", "silent_for", patience)
			c.kill()
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
	hung := now.Sub(c.pulsed) > patience || !c.ending && now.Sub(c.moved) > patience
	c.hung = c.hung || hung
	return hung
}
