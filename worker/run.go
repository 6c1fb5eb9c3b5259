package worker

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// ErrOrphan says that the supervisor is gone.
var ErrOrphan = errors.New("worker: the supervisor is gone")

// Config is what a worker knows before it is told anything.
type Config struct {
	// Fonts draws names. It is called once, when a mix is to be started.
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

// orphanTimeout is how long a worker without a supervisor may take to end.
const orphanTimeout = time.Second

// Run is the life of a worker: it does what the other end of conn says until the mix has
// ended, and closes conn. Errors: ErrOrphan, wire.ErrFrame, or the socket's. Why a mix broke
// off, or could not begin, the other end is told instead.
func Run(conn *wire.Conn, cfg Config) error {
	out := newOutbox(conn)
	var work sync.WaitGroup // what ends with conn
	defer func() {
		out.close()
		conn.Close()
		ended(&work)
	}()
	m, _, err := conn.Receive()
	if err != nil {
		return orphaned(err)
	}
	switch {
	case m.Check != nil:
		check(conn, out, &work, cfg, m.Check)
		return nil
	case m.Start != nil:
		return newMixing(conn, out, &work, cfg).run(m.Start)
	default:
		return fmt.Errorf("%w: neither Start nor Check comes first", wire.ErrFrame)
	}
}

// ended waits for everything to end; what hangs ends with the process.
func ended(work *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()
	late := time.NewTimer(orphanTimeout)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	}
}

// orphaned returns ErrOrphan for the end of the socket, also for one that this end has
// closed because the other one did not read.
func orphaned(err error) error {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET} {
		if errors.Is(err, end) {
			return ErrOrphan
		}
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
