package webhook

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"
)

// errGone: the endpoint has said that it wants no more.
var errGone = errors.New("webhook: the endpoint is gone")

// Endpoint is where events are sent to.
type Endpoint struct {
	// URL is https://… or http://…, at most 2048 bytes, without user and password.
	URL string
	// Secrets sign each message, every one of them; 1–8.
	Secrets []Secret
	// Events are the words of the kinds that are sent, as Kinds has them, or "all". None
	// are all but active_speaker_changed.
	Events []string
	// RootCAs vouch for the endpoint's certificate; nil for those of the system.
	RootCAs *x509.CertPool
}

// Stats is how an endpoint is doing, counted since the Sender was started.
type Stats struct {
	// Endpoint is its host and a part of its name, which tell it from the others.
	Endpoint string
	// Delivered are the messages that it took.
	Delivered int64
	// Failed are the attempts that it did not take.
	Failed int64
	// Dropped are the messages that were given up, because the event was an hour old or
	// because the feed had something that is no event.
	Dropped int64
	// Behind is how old the event is that is being sent; 0 when there is none.
	Behind time.Duration
	// Gone says that it answered 410 and gets nothing until the next start.
	Gone bool
}

// follower sends the events of a feed to one endpoint. What is not atomic belongs to the
// goroutine that handles events.
type follower struct {
	name    string // under which the feed knows it: the same in every process
	shown   string
	url     string
	secrets []Secret
	filter  filter
	client  *http.Client
	log     *slog.Logger

	failures  int       // in a row, over all messages
	notBefore time.Time // of the next attempt
	told      time.Time // when dropped messages were last logged
	untold    int       // dropped messages since

	delivered, failed, dropped atomic.Int64
	current                    atomic.Int64 // Unix time in ns of the event that is being sent; 0 for none
	gone                       atomic.Bool
}

// newFollower checks e. Errors: ErrURL, ErrSecret, ErrKind.
func newFollower(e Endpoint, log *slog.Logger) (*follower, error) {
	u, err := checkURL(e.URL)
	if err != nil {
		return nil, err
	}
	if len(e.Secrets) < 1 || len(e.Secrets) > mostSecrets {
		return nil, fmt.Errorf("%w: there are %d; want 1 to %d", ErrSecret, len(e.Secrets), mostSecrets)
	}
	for _, s := range e.Secrets {
		if len(s.key) < leastKey {
			return nil, fmt.Errorf("%w: it is empty", ErrSecret)
		}
	}
	wanted, err := newFilter(e.Events)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(e.URL))
	short := hex.EncodeToString(sum[:6])
	f := &follower{
		name: "webhook-" + short, shown: u.Host + "#" + short[:4], url: e.URL,
		secrets: e.Secrets, filter: wanted, client: newClient(e.RootCAs),
	}
	f.log = log.With("webhook", f.shown)
	return f, nil
}

// run follows the feed until ctx is done or the endpoint is gone.
func (f *follower) run(ctx context.Context, feed Feed) {
	defer f.client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for failures := 1; ; failures++ {
		err := feed.Follow(ctx, f.name, func(ctx context.Context, e Event) error {
			err := f.handle(ctx, e)
			if errors.Is(err, errGone) {
				cancel() // else the feed would bring the event again
			}
			return err
		})
		if ctx.Err() != nil {
			return
		}
		f.log.Warn("the feed of events broke off and is followed again", "error", err)
		if sleep(ctx, time.Now().Add(backoff(failures))) != nil {
			return
		}
	}
}

// handle sends an event for as long as it takes. It returns nil when that is done or
// given up. Errors: errGone, or ctx's; the event is then to come again.
func (f *follower) handle(ctx context.Context, e Event) error {
	happened, err := e.parse()
	if err == nil && !f.filter.wants(happened.Kind) {
		return ctx.Err()
	}
	var m message
	if err == nil {
		m, err = e.message(happened)
	}
	if err != nil {
		f.drop(e, err.Error())
		return nil
	}
	f.current.Store(e.Time.UnixNano())
	defer f.current.Store(0)
	return f.deliver(ctx, e, m)
}

// deliver tries until the endpoint takes m or e is too old.
func (f *follower) deliver(ctx context.Context, e Event, m message) error {
	// An event from the future, by a clock that is wrong, gets no longer than others.
	end := earlier(e.Time, time.Now()).Add(window)
	for {
		if err := sleep(ctx, earlier(f.notBefore, end)); err != nil {
			return err
		}
		if !time.Now().Before(end) {
			f.drop(e, "it is too old")
			return nil
		}
		answer, err := post(ctx, f.client, f.url, f.secrets, m)
		switch {
		case err == nil && answer.Taken():
			f.taken()
			return nil
		case ctx.Err() != nil:
			return ctx.Err() // no fault of the endpoint
		case err == nil && answer.Code == http.StatusGone:
			f.failed.Add(1)
			f.gone.Store(true)
			f.log.Error("the endpoint answered 410 Gone; it gets nothing until the next start")
			return errGone
		}
		f.refused(e, answer, err)
	}
}

// taken notes that a message was taken.
func (f *follower) taken() {
	f.delivered.Add(1)
	if f.failures > 0 {
		f.log.Info("the endpoint takes messages again", "failures", f.failures)
	}
	f.failures, f.notBefore = 0, time.Time{}
}

// refused notes that an attempt failed, and when the next one is.
func (f *follower) refused(e Event, answer Answer, err error) {
	f.failed.Add(1)
	f.failures++
	wait := answer.RetryAfter
	if wait == 0 {
		wait = backoff(f.failures)
	}
	f.notBefore = time.Now().Add(wait)
	log := f.log.With("mix", e.Mix, "failures", f.failures, "next", wait.Round(time.Second))
	if err != nil {
		log.Warn("the endpoint was not reached", "error", err)
	} else {
		log.Warn("the endpoint did not take a message", "status", answer.Code)
	}
}

// drop gives an event up. It logs at most once a second.
func (f *follower) drop(e Event, why string) {
	f.dropped.Add(1)
	f.untold++
	if now := time.Now(); now.Sub(f.told) >= time.Second {
		f.log.Error("gave up on events", "events", f.untold, "mix", e.Mix, "why", why)
		f.told, f.untold = now, 0
	}
}

// stats returns how the endpoint is doing.
func (f *follower) stats() Stats {
	s := Stats{
		Endpoint: f.shown, Delivered: f.delivered.Load(), Failed: f.failed.Load(), Dropped: f.dropped.Load(), Gone: f.gone.Load(),
	}
	if at := f.current.Load(); at != 0 {
		s.Behind = max(0, time.Since(time.Unix(0, at)))
	}
	return s
}

// earlier returns the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
