package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// ErrOrphan: the supervisor is gone.
var ErrOrphan = errors.New("worker: the supervisor is gone")

// Config is what a worker knows before it is told anything.
type Config struct {
	// Fonts draws names. It is called once, before the first message is read.
	Fonts func(*slog.Logger) *compose.Fonts
	// Level is the least that is logged.
	Level slog.Level
	// Limit lowers the limits of this process; nil leaves them as they are, for tests.
	Limit func(wire.Limits) error
	// Engine makes the engine that mixes; nil for one that may connect to anything.
	// policy is what the supervisor was given.
	Engine func(fonts *compose.Fonts, library mixer.Library, log *slog.Logger, policy []byte) (*mixer.Engine, error)
}

// goShare is the part of the limit of memory that Go's heap aims to stay within, in
// percent; the rest is FFmpeg's and x264's.
const goShare = 40

// Run is the life of a worker: it does what the other end of conn says until the mix has
// ended. Errors: ErrOrphan, wire.ErrFrame, or why the mix broke off.
func Run(conn *wire.Conn, cfg Config) error {
	out := newOutbox(conn)
	defer out.close()
	log := slog.New(newLogHandler(out, cfg.Level))
	fonts := cfg.Fonts(log)
	m, _, err := conn.Receive()
	if err != nil {
		return orphaned(err)
	}
	switch {
	case m.Check != nil:
		return check(out, cfg, m.Check)
	case m.Start != nil:
		return mix(conn, out, cfg, fonts, log, m.Start)
	default:
		return fmt.Errorf("%w: neither Start nor Check comes first", wire.ErrFrame)
	}
}

// orphaned returns ErrOrphan for the end of the socket.
func orphaned(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrOrphan
	}
	return err
}

// limit lowers the limits of this process.
func limit(cfg Config, l wire.Limits) error {
	if cfg.Limit == nil {
		return nil
	}
	if l.Memory > 0 {
		debug.SetMemoryLimit(l.Memory / 100 * goShare)
	}
	return cfg.Limit(l)
}

// mix runs one mix.
func mix(conn *wire.Conn, out *outbox, cfg Config, fonts *compose.Fonts, log *slog.Logger, start *wire.Start) error {
	library := newLibrary(out)
	session, err := begin(out, cfg, fonts, library, log, start)
	if err != nil {
		out.must(wire.Message{Ready: &wire.Result{Error: err.Error()}})
		return nil // the supervisor knows why
	}
	out.must(wire.Message{Ready: &wire.Result{}})
	stopped := make(chan struct{})
	defer close(stopped)
	go pulse(session, out, stopped)

	heard := make(chan error, 1)
	go func() { heard <- listen(conn, out, library, session) }()
	select {
	case <-session.Done():
		result := &wire.Result{}
		if err := session.Err(); err != nil {
			result.Error = err.Error()
		}
		out.must(wire.Message{Ended: result})
		return nil
	case err = <-heard:
		library.abandon()
		cut, cancel := context.WithCancel(context.Background())
		cancel()
		_ = session.Stop(cut) // nobody waits for what is not sent yet
		return orphaned(err)
	}
}

// begin starts the session.
func begin(out *outbox, cfg Config, fonts *compose.Fonts, library *library, log *slog.Logger, start *wire.Start) (*mixer.Session, error) {
	if err := limit(cfg, start.Limits); err != nil {
		return nil, err
	}
	engine := mixer.NewEngine(fonts, library, log)
	if cfg.Engine != nil {
		var err error
		if engine, err = cfg.Engine(fonts, library, log, start.Policy); err != nil {
			return nil, err
		}
	}
	return engine.StartAt(start.Base, start.Spec, func(e mixer.Event) { out.must(wire.Message{Event: &e}) })
}

// listen does what the supervisor says until the socket ends.
func listen(conn *wire.Conn, out *outbox, library *library, session *mixer.Session) error {
	// A change may ask for pictures, whose answers come here.
	changes := make(chan *wire.Apply, 1)
	defer close(changes)
	go func() {
		for change := range changes {
			result := &wire.Result{}
			if err := session.Apply(change.Spec); err != nil {
				result.Error = err.Error()
			}
			out.must(wire.Message{Applied: result})
		}
	}()
	meters := newMetering(session, out)
	defer meters.end()
	for {
		m, payload, err := conn.Receive()
		if err != nil {
			return err
		}
		switch {
		case m.Apply != nil:
			changes <- m.Apply // the supervisor waits for one before it sends the next
		case m.Answer != nil:
			library.answer(m.Answer, payload)
		case m.Meter != nil:
			meters.want(m.Meter.For)
		case m.Stop != nil:
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), m.Stop.Within)
				defer cancel()
				_ = session.Stop(ctx) // Ended says how it went
			}()
		default:
			return fmt.Errorf("%w: nothing that a supervisor says", wire.ErrFrame)
		}
	}
}

// pulseEvery is how often a worker shows that it is alive.
const pulseEvery = 500 * time.Millisecond

// DefaultLimits are for a mix of any size that the API takes: six inputs of 3840×2160
// need half of this memory.
var DefaultLimits = wire.Limits{Memory: 4 << 30, Files: 1024}
