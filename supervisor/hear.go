package supervisor

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lianmai/lianmai/worker/wire"
)

// listen takes in what the child says until its socket ends. One that says nonsense is
// killed: its memory is not what it was.
func (c *child) listen() {
	for {
		m, _, err := c.conn.Receive()
		nonsense := errors.Is(err, wire.ErrFrame)
		if err == nil {
			err = c.heed(m)
			nonsense = err != nil
		}
		switch {
		case nonsense:
			c.log.Error("the worker talks nonsense and is killed", "error", err)
			c.kill("it talked nonsense")
			return
		case err != nil:
			c.leave()
			return
		}
	}
}

// leave notes that the socket has ended. A process that has not said that it ends is dead
// already, or is to be.
func (c *child) leave() {
	c.mu.Lock()
	c.leaving = true
	ended := c.ended != nil
	c.mu.Unlock()
	if !ended {
		c.kill("")
	}
}

// Errors of a child that says what no worker says.
var (
	errNonsense = errors.New("nothing that a worker says")
	errFlood    = errors.New("more than a worker says")
)

// heed does what a message asks for. Errors: errNonsense, errFlood.
func (c *child) heed(m wire.Message) error {
	switch {
	case m.Event != nil:
		if !c.events.take(time.Now()) {
			return errFlood
		}
		if !plausibleEvent(m.Event) {
			return errNonsense
		}
		c.mind.event(*m.Event)
	case m.Pulse != nil:
		if !plausibleStats(&m.Pulse.Stats) || !plausibleMeters(&m.Pulse.Meters) {
			return errNonsense
		}
		c.beat(m.Pulse)
		c.mind.pulse(m.Pulse)
	case m.Levels != nil:
		if !plausibleMeters(m.Levels) {
			return errNonsense
		}
		c.mind.levels(m.Levels)
	case m.Log != nil:
		c.note(m.Log)
	case m.Ask != nil:
		return c.hear(*m.Ask)
	case m.Release != nil:
		c.release(m.Release.ID)
	case m.Ready != nil:
		offer(c.ready, *m.Ready)
	case m.Applied != nil:
		offer(c.applied, *m.Applied)
	case m.Ended != nil:
		m.Ended.Error = cut(m.Ended.Error)
		c.mu.Lock()
		c.ended = m.Ended
		c.mu.Unlock()
	default:
		return errNonsense
	}
	return nil
}

// offer hands over a result that is waited for; another one is dropped.
func offer(to chan wire.Result, r wire.Result) {
	r.Error = cut(r.Error)
	select {
	case to <- r:
	default:
	}
}

// beat notes that the child is alive, and once for each pulse how much of its log is lost.
func (c *child) beat(p *wire.Pulse) {
	c.mu.Lock()
	c.pulsed = time.Now()
	if p.At != c.at {
		c.at, c.moved = p.At, c.pulsed
	}
	c.mu.Unlock()
	if lost := c.left + p.LostLines; lost > c.lost {
		c.log.Warn("lines of the worker's log were left out", "lines", lost-c.lost)
		c.lost = lost
	}
}

// note logs a line of the child's log, unless there are too many.
func (c *child) note(line []byte) {
	if !c.lines.take(time.Now()) {
		c.left++
		return
	}
	relog(c.log, line)
}

// What is logged of what a child writes to its standard error: a crash says more than
// anybody reads.
const (
	maxWords     = 40
	maxWordBytes = 500
)

// overhear logs what a worker writes to its standard error, the beginning of it, until it
// ends, and closes words.
func overhear(log *slog.Logger, words *os.File) {
	defer words.Close()
	lines := bufio.NewReaderSize(words, maxWordBytes)
	for n := 0; n < maxWords; {
		line, more, err := lines.ReadLine()
		if err != nil {
			return
		}
		if len(line) > 0 {
			log.Warn("the worker says", "line", string(line))
			n++
		}
		for more && err == nil {
			_, more, err = lines.ReadLine()
		}
	}
	_, _ = io.Copy(io.Discard, lines)
}
