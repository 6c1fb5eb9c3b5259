package store

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nats-io/nats.go"
)

// Of a connection to servers elsewhere.
const (
	dialTimeout   = 5 * time.Second // for each of the servers
	reconnectWait = 500 * time.Millisecond
	pingInterval  = 5 * time.Second
	pingsOut      = 2 // unanswered, until the connection counts as broken
)

// dial connects to the servers at cfg.URL. A connection that breaks is made anew without
// end; operations meanwhile fail at once. Errors: ErrUnavailable, ErrName.
func dial(cfg Config) (*link, error) {
	if !namePattern.MatchString(cfg.Node) {
		return nil, fmt.Errorf("%w: a node is 1 to %d of A–Z, a–z, 0–9, '_', '.' and '-' and begins with a letter or digit; this one is %q",
			ErrName, MaxNameLength, cfg.Node)
	}
	if !kindPattern.MatchString(cfg.Prefix) {
		return nil, fmt.Errorf("%w: a prefix is 1 to 32 of a–z, 0–9 and '-' and begins with a letter", ErrName)
	}
	if r := cfg.Replicas; r != 1 && r != 3 && r != 5 {
		return nil, fmt.Errorf("%w: %d replicas; there can be 1, 3 or 5", ErrUnavailable, r)
	}
	log := cfg.Log
	options := []nats.Option{
		nats.Name("lianmai " + cfg.Node),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1), // what cannot be sent now is an error now
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsOut),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("store: the NATS server is gone; trying to reach it again", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("store: the NATS server is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("store: connection", "error", err)
		}),
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	conn, err := nats.Connect(cfg.URL, options...)
	if err != nil {
		return nil, dialError(err)
	}
	if most := conn.MaxPayload(); most < chunkSize {
		conn.Close()
		return nil, fmt.Errorf("%w: the NATS server takes messages of %d bytes; set its max_payload to %d or more", ErrUnavailable, most, chunkSize)
	}
	return &link{conn: conn, words: newBrokerLog(log)}, nil
}

// dialError says why there is no connection. It never repeats the URL, which may have a
// password.
func dialError(err error) error {
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return fmt.Errorf("%w: no NATS server answers at this address", ErrUnavailable)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return fmt.Errorf("%w: the NATS server does not let us in; check the credentials", ErrUnavailable)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: the file with credentials cannot be read", ErrUnavailable)
	case errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: the NATS server does not answer within %v", ErrUnavailable, dialTimeout)
	default:
		return fmt.Errorf("%w: no connection to the NATS server (it is asked to be one of nats:// or tls://)", ErrUnavailable)
	}
}
