package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Bounds of the events that are kept.
const (
	// EventAge is how long an event is kept.
	EventAge = time.Hour
	// MaxEvent is how many bytes the data of an event may have.
	MaxEvent = 16 << 10
	// MaxEvents is how many events are kept of one mix.
	MaxEvents = 4096
	// eventBytes bounds all events together, on top of Config.MaxBytes; the oldest go.
	eventBytes = 64 << 20
)

const eventStream = "events"

// timeHeader has when an event happened.
const timeHeader = "Lianmai-Time"

// Event is one thing that happened in a mix. Data is the caller's own.
type Event struct {
	Seq  uint64 // rises from event to event, with gaps; given by the Store
	Mix  string
	Time time.Time // when it happened
	Data []byte
	// ID is unique; an event that is appended again within two minutes is kept once.
	// Events that are read have none.
	ID string
}

func openEvents(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.Stream, error) {
	name := cfg.bucket(eventStream)
	return js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: name, Description: "what happened in mixes", Subjects: []string{name + ".>"},
		MaxAge: EventAge, MaxBytes: eventBytes, MaxMsgsPerSubject: MaxEvents, MaxMsgSize: 2 * MaxEvent,
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld, Replicas: cfg.Replicas,
	})
}

// eventsOfNode returns what the subjects of this node's events begin with.
func (s *Store) eventsOfNode() string {
	return s.cfg.bucket(eventStream) + "." + strings.ReplaceAll(s.cfg.Node, ".", "=") + "."
}

// AppendEvents keeps events in their order; they are on disk when it returns. On failure
// some may be; appending the same again keeps each once. Errors: ErrName, ErrTooLarge,
// ErrFull (the disk's fault), ErrUnavailable, or ctx's.
func (s *Store) AppendEvents(ctx context.Context, events []Event) error {
	for _, e := range events {
		if err := checkMix(e.Mix); err != nil {
			return err
		}
		if len(e.Data) > MaxEvent {
			return fmt.Errorf("%w: an event of %d bytes, at most %d", ErrTooLarge, len(e.Data), MaxEvent)
		}
	}
	op, limit, leave, err := s.enterToChange(ctx, 0)
	if err != nil {
		return err
	}
	defer leave()
	limit, cancel := context.WithCancelCause(limit)
	defer cancel(nil)
	defer context.AfterFunc(op, func() { cancel(op.Err()) })()
	for i, e := range events {
		msg := nats.NewMsg(s.eventsOfNode() + mixKey(e.Mix))
		msg.Header.Set(timeHeader, e.Time.UTC().Format(time.RFC3339Nano))
		if e.ID != "" {
			msg.Header.Set(jetstream.MsgIDHeader, e.ID)
		}
		msg.Data = e.Data
		if i < len(events)-1 {
			// One connection keeps the order: the last one's answer is that to all.
			err = s.server.conn.PublishMsg(msg)
		} else {
			_, err = s.js.PublishMsg(limit, msg)
		}
		if err != nil {
			return outside(limit, err)
		}
	}
	return nil
}

// readAtOnce is how many events are asked for in one go.
const readAtOnce = 500

// EventsOf returns the last events of a mix of this node, at most limit, oldest first.
// Errors: ErrName, ErrUnavailable, or ctx's.
func (s *Store) EventsOf(ctx context.Context, mix string, limit int) (list []Event, err error) {
	if err := checkMix(mix); err != nil {
		return nil, err
	}
	op, leave, err := s.enter(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer leave()
	reader, err := s.events.CreateConsumer(op, jetstream.ConsumerConfig{
		FilterSubject: s.eventsOfNode() + mixKey(mix), DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
	if err != nil {
		return nil, outside(op, err)
	}
	defer func() {
		// Else it goes when nobody has asked it for a minute.
		_ = s.events.DeleteConsumer(op, reader.CachedInfo().Name)
	}()
	for left := int(reader.CachedInfo().NumPending); left > 0; {
		batch, err := reader.Fetch(min(left, readAtOnce), jetstream.FetchContext(op))
		if err != nil {
			return nil, outside(op, err)
		}
		got := 0
		for msg := range batch.Messages() {
			e, err := eventIn(msg)
			if err != nil {
				return nil, outside(op, err)
			}
			got++
			if list = append(list, e); len(list) > limit {
				list = list[1:]
			}
		}
		if err := batch.Error(); err != nil {
			return nil, outside(op, err)
		}
		if got == 0 {
			break // the rest has come of age meanwhile
		}
		left -= got
	}
	return list, nil
}

// eventIn returns the event in a message.
func eventIn(msg jetstream.Msg) (Event, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Event{}, err
	}
	subject := msg.Subject()
	when, err := time.Parse(time.RFC3339Nano, msg.Headers().Get(timeHeader))
	if err != nil {
		when = meta.Timestamp
	}
	return Event{
		Seq: meta.Sequence.Stream, Time: when, Data: msg.Data(),
		Mix: strings.ReplaceAll(subject[strings.LastIndexByte(subject, '.')+1:], "=", "."),
	}, nil
}

// Of a follower.
const (
	ackWait      = 10 * time.Second // after its last sign of life, the event is told anew
	followRetry  = time.Second      // after a failure; twice as long after each further one
	followSlow   = 30 * time.Second
	followerLife = 24 * time.Hour // without its process, until its place is forgotten
)

// Follow calls handle for each event of this node's mixes, one after the other in their
// order, until ctx ends or the Store is closed. An event whose handle fails is told again,
// after a while and before all others; so is one whose process died. Where a follower of
// this name was before, it goes on there, as far as the events are kept; a new one begins
// now. handle returns soon when its ctx ends. One Follow of a name runs at a time.
// Errors: ErrName, ErrUnavailable, or ctx's.
func (s *Store) Follow(ctx context.Context, name string, handle func(ctx context.Context, e Event) error) error {
	if !namePattern.MatchString(name) {
		return fmt.Errorf("%w: a follower is 1 to %d of A–Z, a–z, 0–9, '_', '.' and '-'", ErrName, MaxNameLength)
	}
	s.open.RLock()
	if s.closed {
		s.open.RUnlock()
		return errClosed
	}
	s.following.Add(1)
	s.open.RUnlock()
	defer s.following.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(errClosed) })()

	f := follower{store: s, name: strings.ReplaceAll(s.cfg.Node+"--"+name, ".", "="), handle: handle}
	for failures := 0; ; failures++ {
		began, err := f.run(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if began {
			failures = 0
		} else if failures == 0 {
			return err
		}
		s.cfg.Log.Warn("store: following events", "follower", name, "error", err)
		wait(ctx, min(followRetry<<min(failures, 10), followSlow))
	}
}

// follower is one Follow.
type follower struct {
	store  *Store
	name   string
	handle func(context.Context, Event) error
}

// run follows until ctx ends or the server fails; began says that it got so far as to
// wait for events.
func (f follower) run(ctx context.Context) (began bool, err error) {
	op, cancel := bounded(ctx, 0)
	defer cancel()
	place, err := f.store.events.CreateOrUpdateConsumer(op, jetstream.ConsumerConfig{
		Durable: f.name, FilterSubject: f.store.eventsOfNode() + ">", DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: 1, InactiveThreshold: followerLife,
	})
	if err != nil {
		return false, outside(op, err)
	}
	messages, err := place.Messages(jetstream.PullMaxMessages(1))
	if err != nil {
		return false, outside(op, err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return true, err
		}
		if err := f.tell(ctx, msg); err != nil {
			return true, err
		}
	}
}

// tell calls handle for one message until it succeeds or ctx ends.
func (f follower) tell(ctx context.Context, msg jetstream.Msg) error {
	e, err := eventIn(msg)
	if err != nil {
		return errors.Join(err, msg.Term())
	}
	ended := make(chan struct{})
	alive := make(chan struct{})
	go func() {
		defer close(alive)
		ticker := time.NewTicker(ackWait / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = msg.InProgress() // without it the event is told twice
			case <-ended:
				return
			}
		}
	}()
	for failures := 0; ; failures++ {
		if err = f.handle(ctx, e); err == nil || ctx.Err() != nil {
			break
		}
		wait(ctx, min(followRetry<<min(failures, 10), followSlow))
	}
	close(ended)
	<-alive
	if err != nil {
		_ = msg.Nak() // so that the next one who follows need not wait
		return err
	}
	// It was told; that the following ends now does not change that.
	op, cancel := bounded(context.WithoutCancel(ctx), 0)
	defer cancel()
	return outside(op, msg.DoubleAck(op))
}

// wait waits for d, or for ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
