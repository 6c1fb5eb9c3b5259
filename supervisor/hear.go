package supervisor

import (
	"bufio"
	"io"
	"os"
	"time"

	"github.com/lianmai/lianmai/worker/wire"
)

// listen takes in what the child says until its socket ends. One that says nonsense is
// killed: its memory is not what it was.
func (c *child) listen() {
	for {
		m, _, err := c.conn.Receive()
		if err != nil {
			c.kill() // or it is dead already
			return
		}
		c.heed(m)
	}
}

// heed does what a message asks for.
func (c *child) heed(m wire.Message) {
	switch {
	case m.Event != nil:
		c.mind.event(*m.Event)
	case m.Pulse != nil:
		c.beat(m.Pulse)
		c.mind.pulse(m.Pulse)
	case m.Levels != nil:
		c.mind.levels(m.Levels)
	case m.Log != nil:
		relog(c.log, m.Log)
	case m.Ask != nil:
		c.work.Go(func() { c.answer(*m.Ask) })
	case m.Release != nil:
		c.release(m.Release.ID)
	case m.Ready != nil:
		offer(c.ready, *m.Ready)
	case m.Applied != nil:
		offer(c.applied, *m.Applied)
	case m.Ended != nil:
		c.mu.Lock()
		c.ended = m.Ended
		c.mu.Unlock()
	}
}

// offer hands over a result that is waited for; another one is dropped.
func offer(to chan wire.Result, r wire.Result) {
	select {
	case to <- r:
	default:
	}
}

// beat notes that the child is alive.
func (c *child) beat(p *wire.Pulse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulsed = time.Now()
	if p.At != c.at {
		c.at, c.moved = p.At, c.pulsed
	}
}

// answer answers one question.
func (c *child) answer(q wire.Ask) {
	a := &wire.Answer{ID: q.ID}
	var file []byte
	var err error
	switch {
	case c.library == nil:
		a.Error = "there are no pictures and no sounds here"
	case q.Sound != "":
		var release func()
		if a.Path, release, err = c.library.SoundFile(c.ctx, q.Sound); err == nil {
			c.lend(q.ID, release)
		}
	default:
		file, err = c.library.PictureFile(c.ctx, q.Picture)
	}
	if err != nil {
		a.Error = err.Error()
	}
	_ = c.conn.Send(wire.Message{Answer: a}, file) // the reader hears of its end
}

// maxLent bounds the sounds that a child uses at once: more than a mix may have tracks.
const maxLent = 64

// lend keeps the release of a sound until the child says that it is done with it, or ends.
func (c *child) lend(id int64, release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sounds) >= maxLent || c.sounds[id] != nil {
		release()
		return
	}
	c.sounds[id] = release
}

// release gives a sound back.
func (c *child) release(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if release := c.sounds[id]; release != nil {
		release()
		delete(c.sounds, id)
	}
}

// What is logged of what a child writes to its standard error: a crash says more than
// anybody reads.
const (
	maxWords     = 40
	maxWordBytes = 500
)

// overhear logs what the child writes to its standard error, the beginning of it, until
// it ends.
func (c *child) overhear(words *os.File) {
	defer words.Close()
	lines := bufio.NewReaderSize(words, maxWordBytes)
	for n := 0; n < maxWords; {
		line, more, err := lines.ReadLine()
		if err != nil {
			return
		}
		if len(line) > 0 {
			c.log.Warn("the worker says", "line", string(line))
			n++
		}
		for more && err == nil {
			_, more, err = lines.ReadLine()
		}
	}
	_, _ = io.Copy(io.Discard, lines)
}
