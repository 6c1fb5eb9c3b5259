package supervisor

import (
	"context"
	"fmt"
	"io"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/worker/wire"
)

// CheckSound is decode.CheckSound in a process of its own: what breaks the decoder breaks
// nothing else. Errors: those of decode.CheckSound by kind, ErrWorker, or ctx's.
func (s *Supervisor) CheckSound(ctx context.Context, path string, l decode.SoundLimits) (decode.SoundInfo, error) {
	cmd, conn, words, err := s.spawner.spawn(s.cfg)
	if err != nil {
		return decode.SoundInfo{}, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	defer conn.Close()
	defer words.Close()
	go func() { _, _ = io.Copy(io.Discard, words) }() // ends with words
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()

	checked, err := ask(conn, &wire.Check{Path: path, Bytes: l.Bytes, Duration: l.Duration, Limits: s.cfg.Limits})
	_ = cmd.Process.Kill() // it has said everything, or will not
	_ = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return decode.SoundInfo{}, ctx.Err()
	case err != nil:
		s.cfg.Log.Error("a worker died of a sound", "path", path, "error", err)
		return decode.SoundInfo{}, fmt.Errorf("%w: the decoder cannot cope with it", decode.ErrBroken)
	case checked.Error != "":
		return decode.SoundInfo{}, checkError(checked)
	}
	return checked.Info, nil
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
func checkError(c *wire.Checked) error {
	if c.Kind <= 0 || c.Kind >= len(wire.SoundErrors) {
		return fmt.Errorf("%w: %s", ErrWorker, c.Error)
	}
	return soundError{c.Error, wire.SoundErrors[c.Kind]}
}
