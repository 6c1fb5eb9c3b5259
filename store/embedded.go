package store

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// maxPayload is the most bytes that one message may have: NATS's own advice for the
// largest. It bounds records; blobs come in chunks.
const maxPayload = 8 << 20

// brokerMemory bounds what JetStream keeps in memory only: its bookkeeping, no data
// of ours.
const brokerMemory = 16 << 20

// brokerStore bounds what JetStream keeps on disk. It is out of reach: the buckets'
// own limits are exact, while this one would have to hold the old and the new ones
// whenever they are changed.
const brokerStore = 1 << 60

// link is a connection to a NATS server.
type link struct {
	conn   *nats.Conn
	broker *server.Server // in this process; nil for one elsewhere
	lock   *os.File       // of its directory
	words  *brokerLog     // what broker complains about; of one elsewhere nothing is heard
	temp   string         // directory that close removes; "" keeps it
}

// startEmbedded starts a server that keeps its files in dir, or in a temporary directory
// for "". Errors: ErrUnavailable.
func startEmbedded(dir string, log *slog.Logger) (_ *link, err error) {
	e := &link{words: newBrokerLog(log)}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if dir == "" {
		if e.temp, err = os.MkdirTemp("", "lianmai-store-"); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	} else if err = os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if e.lock, err = lock(cmp.Or(e.temp, dir)); err != nil {
		return nil, err
	}
	e.broker, err = server.NewServer(&server.Options{
		ServerName: "lianmai",
		DontListen: true,
		NoSigs:     true,
		NoLog:      true, // it has ours

		MaxPayload:             maxPayload,
		JetStream:              true,
		StoreDir:               cmp.Or(e.temp, dir),
		SyncAlways:             dir != "", // what Close removes need not survive anything
		JetStreamMaxMemory:     brokerMemory,
		JetStreamMaxStore:      brokerStore,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	e.broker.SetLogger(e.words, false, false)
	e.broker.Start()
	if fatal := e.words.fatal.Load(); fatal != nil {
		return nil, fmt.Errorf("%w: %s", ErrUnavailable, *fatal)
	}
	e.conn, err = nats.Connect("", nats.InProcessServer(e.broker), nats.Name("store"), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("store: connection", "error", err)
		}))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return e, nil
}

// close ends the connection, then the server and all its goroutines, then the lock.
func (e *link) close() error {
	if e.conn != nil {
		e.conn.Close()
	}
	if e.broker != nil {
		e.broker.Shutdown()
		e.broker.WaitForShutdown()
	}
	var err error
	if e.temp != "" {
		err = os.RemoveAll(e.temp)
	}
	if e.lock != nil {
		e.lock.Close()
	}
	return err
}

// brokerLog hands what the server complains about to a slog.Logger. Two things it
// remembers:
//   - What is fatal. The server calls Fatalf and goes on, where its own logger would exit.
//   - That the disk refused a write. The server answers such a request never, and all
//     later writes neither, so the log is where it can be learned before a timeout.
type brokerLog struct {
	log      *slog.Logger
	fatal    atomic.Pointer[string]
	writable context.Context // ends with errRefused or errDiskFull
	refuse   context.CancelCauseFunc
}

func newBrokerLog(log *slog.Logger) *brokerLog {
	l := &brokerLog{log: log}
	l.writable, l.refuse = context.WithCancelCause(context.Background())
	return l
}

func (l *brokerLog) say(level slog.Level, format string, v []any) string {
	text := fmt.Sprintf(format, v...)
	l.log.Log(context.Background(), level, "store: "+text)
	switch {
	case !strings.Contains(text, "ritical write error") && !strings.Contains(text, "disabling JetStream"):
	case strings.Contains(text, "no space left"):
		l.refuse(errDiskFull)
	default:
		l.refuse(errRefused)
	}
	return text
}

func (l *brokerLog) Fatalf(format string, v ...any) {
	text := l.say(slog.LevelError, format, v)
	l.fatal.Store(&text)
}

func (l *brokerLog) Errorf(format string, v ...any) { l.say(slog.LevelError, format, v) }
func (l *brokerLog) Warnf(format string, v ...any)  { l.say(slog.LevelWarn, format, v) }
func (l *brokerLog) Noticef(string, ...any)         {}
func (l *brokerLog) Debugf(string, ...any)          {}
func (l *brokerLog) Tracef(string, ...any)          {}
