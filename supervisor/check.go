package supervisor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/worker/wire"
)

// maxChecks bounds the sounds that are checked at once; others wait.
const maxChecks = 4

// CheckSound is decode.CheckSound in a process of its own: what breaks the decoder breaks
// nothing else. Errors: those of decode.CheckSound by kind, ErrWorker, ErrClosed, or ctx's.
func (s *Supervisor) CheckSound(ctx context.Context, path string, l decode.SoundLimits) (decode.SoundInfo, error) {
	if err := s.beginCheck(); err != nil {
		return decode.SoundInfo{}, err
	}
	defer s.checks.Done()
	select {
	case s.checking <- struct{}{}:
		defer func() { <-s.checking }()
	case <-ctx.Done():
		return decode.SoundInfo{}, ctx.Err()
	case <-s.ctx.Done():
		return decode.SoundInfo{}, ErrClosed
	}
	whole, err := filepath.Abs(path) // a worker runs in another folder
	if err != nil {
		return decode.SoundInfo{}, err
	}
	checked, err := s.check(ctx, &wire.Check{Path: whole, Bytes: l.Bytes, Duration: l.Duration, Limits: s.cfg.Limits})
	switch {
	case ctx.Err() != nil:
		return decode.SoundInfo{}, ctx.Err()
	case s.ctx.Err() != nil:
		return decode.SoundInfo{}, ErrClosed
	case errors.Is(err, ErrWorker):
		return decode.SoundInfo{}, err
	case err != nil:
		s.cfg.Log.Error("a worker died of a sound", "path", path, "error", err)
		return decode.SoundInfo{}, fmt.Errorf("%w: the decoder cannot cope with it", decode.ErrBroken)
	case checked.Error != "":
		checked.Error = strings.ReplaceAll(checked.Error, whole, path)
		return decode.SoundInfo{}, checkError(checked, path)
	}
	return checked.Info, nil
}

// beginCheck counts a check among those that run.
func (s *Supervisor) beginCheck() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.checks.Add(1)
	return nil
}

// check lets a worker check. Errors: ErrWorker when there is none; else how it failed.
func (s *Supervisor) check(ctx context.Context, check *wire.Check) (*wire.Checked, error) {
	cmd, conn, words, err := s.spawner.spawn(s.cfg)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	log := s.cfg.Log.With("worker", cmd.Process.Pid)
	conn.Expect(maxWorkerHeader, 0)
	var hearing sync.WaitGroup
	hearing.Go(func() { overhear(log, words) })
	cut := func() { _ = cmd.Process.Kill(); conn.Close(); words.Close() }
	for _, ctx := range []context.Context{ctx, s.ctx} {
		defer context.AfterFunc(ctx, cut)()
	}
	checked, err := ask(conn, check)
	_ = cmd.Process.Kill() // it has said everything, or will not
	ended := cmd.Wait()
	conn.Close()
	if err != nil {
		err = fmt.Errorf("%w: %v", err, ended)
		_ = words.SetReadDeadline(time.Now().Add(lastWords)) // its last words are heard
	} else {
		words.Close()
	}
	hearing.Wait()
	return checked, err
}

// ask returns the answer to a check.
func ask(conn *wire.Conn, check *wire.Check) (*wire.Checked, error) {
	if err := conn.Send(wire.Message{Check: check}, nil); err != nil {
		return nil, err
	}
	for {
		m, _, err := conn.Receive()
		if err != nil {
			return nil, err
		}
		if m.Checked != nil {
			m.Checked.Error = cut(m.Checked.Error)
			return m.Checked, nil
		}
	}
}

// soundError has the text of an error that came over the wire, and its kind.
type soundError struct {
	text string
	kind error
}

// Error returns the text.
func (e soundError) Error() string { return e.text }

// Unwrap returns the kind.
func (e soundError) Unwrap() error { return e.kind }

// checkError returns the error that a worker told of.
func checkError(c *wire.Checked, path string) error {
	switch {
	case c.Unreadable:
		return &fs.PathError{Op: "check", Path: path, Err: errors.New(c.Error)}
	case c.Kind <= 0 || c.Kind >= len(wire.SoundErrors):
		return fmt.Errorf("%w: %s", ErrWorker, c.Error)
	default:
		return soundError{c.Error, wire.SoundErrors[c.Kind]}
	}
}
