package supervisor

import (
	"errors"
	"path/filepath"

	"github.com/lianmai/lianmai/worker/wire"
)

// Bounds of what a child may want at once: more than a mix has tracks and pictures.
const (
	maxAsks = 64
	maxLent = 64
)

// errTooManySounds: the child uses more sounds than it may.
var errTooManySounds = errors.New("too many sounds are in use")

// hear lets a question be answered. Errors: errFlood.
func (c *child) hear(q wire.Ask) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asks >= maxAsks {
		return errFlood
	}
	c.asks++
	c.work.Go(func() {
		c.answer(q)
		c.mu.Lock()
		c.asks--
		c.mu.Unlock()
	})
	return nil
}

// answer answers one question.
func (c *child) answer(q wire.Ask) {
	a := &wire.Answer{ID: q.ID}
	switch {
	case c.library == nil:
		a.Error = "there are no pictures and no sounds here"
	case q.Sound != "":
		var err error
		if a.Path, err = c.lend(q); err != nil {
			a.Error = err.Error()
		}
	default:
		c.show(q, a)
		return
	}
	_ = c.send(wire.Message{Answer: a}, nil)
}

// show answers the question for a picture.
func (c *child) show(q wire.Ask, a *wire.Answer) {
	c.showing.Lock()
	defer c.showing.Unlock()
	file, err := c.library.PictureFile(c.ctx, q.Picture)
	if err != nil {
		a.Error = err.Error()
	}
	if err := c.send(wire.Message{Answer: a}, file); errors.Is(err, wire.ErrFrame) {
		a.Error = err.Error()
		_ = c.send(wire.Message{Answer: a}, nil)
	}
}

// lend returns the path of a sound's file, which works from any folder. The sound is
// released when the child says that it is done with it, or ends.
func (c *child) lend(q wire.Ask) (path string, err error) {
	path, release, err := c.library.SoundFile(c.ctx, q.Sound)
	if err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err == nil && !c.keep(q.ID, release) {
		err = errTooManySounds
	}
	if err != nil {
		release()
		return "", err
	}
	return path, nil
}

// keep keeps the release of a sound, unless there are too many.
func (c *child) keep(id int64, release func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sounds) >= maxLent || c.sounds[id] != nil {
		return false
	}
	c.sounds[id] = release
	return true
}

// release gives a sound back.
func (c *child) release(id int64) {
	c.mu.Lock()
	release := c.sounds[id]
	delete(c.sounds, id)
	c.mu.Unlock()
	if release != nil {
		release()
	}
}
