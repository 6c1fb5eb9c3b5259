package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// mixing is one mix: its session, and what the supervisor says to it.
type mixing struct {
	conn    *wire.Conn
	out     *outbox
	cfg     Config
	log     *slog.Logger
	library *library

	session atomic.Pointer[mixer.Session] // nil until it runs
	work    *sync.WaitGroup               // what ends with conn
	ctx     context.Context               // ends with conn
	orphan  context.CancelFunc
	heard   chan error // holds one: why there is nothing more to hear
}

func newMixing(conn *wire.Conn, out *outbox, work *sync.WaitGroup, cfg Config) *mixing {
	m := &mixing{
		conn: conn, out: out, cfg: cfg, log: slog.New(newLogHandler(out, cfg.Level)),
		library: newLibrary(out), work: work, heard: make(chan error, 1),
	}
	m.ctx, m.orphan = context.WithCancel(context.Background())
	return m
}

// run runs the mix until it has ended. Errors: those of Run.
func (m *mixing) run(start *wire.Start) error {
	// The spec may name pictures, whose answers have to be heard for it to begin.
	m.work.Go(m.listen)
	session, err := m.begin(start)
	switch {
	case err != nil && m.ctx.Err() != nil:
		return orphaned(<-m.heard)
	case err != nil:
		m.out.must(wire.Message{Ready: &wire.Result{Error: err.Error()}})
		return nil
	}
	m.session.Store(session)
	m.out.must(wire.Message{Ready: &wire.Result{}})
	var pulsing sync.WaitGroup
	pulsing.Go(func() { pulse(session, m.out) })
	select {
	case <-session.Done():
		pulsing.Wait()
		result := &wire.Result{}
		if err := session.Err(); err != nil {
			result.Error = err.Error()
		}
		m.out.must(wire.Message{Ended: result})
		return nil
	case err := <-m.heard:
		ctx, cancel := context.WithTimeout(context.Background(), orphanTimeout)
		defer cancel()
		if session.Stop(ctx); ctx.Err() == nil {
			pulsing.Wait()
		}
		return orphaned(err)
	}
}

// begin starts the session.
func (m *mixing) begin(start *wire.Start) (*mixer.Session, error) {
	if err := limit(m.cfg, start.Limits); err != nil {
		return nil, err
	}
	fonts := m.cfg.Fonts(m.log)
	engine := mixer.NewEngine(fonts, m.library, m.log)
	if m.cfg.Engine != nil {
		var err error
		if engine, err = m.cfg.Engine(fonts, m.library, m.log, start.Policy); err != nil {
			return nil, err
		}
	}
	return engine.Start(start.Base, start.Spec, func(e mixer.Event) { m.out.must(wire.Message{Event: &e}) })
}

// listen does what the supervisor says until the socket ends.
func (m *mixing) listen() {
	var err error
	orders := &orders{m: m}
	for err == nil {
		err = orders.next()
	}
	// Who waits for a picture gets none, so that the session can end.
	m.library.abandon()
	m.orphan()
	m.heard <- err
	orders.end()
}

// orders are those of one supervisor, for the session.
type orders struct {
	m       *mixing
	changes chan mixer.Spec // nil until there is one
	changed sync.WaitGroup
	meters  *metering // nil until they are wanted
}

// next does what comes next.
func (o *orders) next() error {
	message, payload, err := o.m.conn.Receive()
	if err != nil {
		return err
	}
	session := o.m.session.Load()
	switch {
	case message.Answer != nil:
		o.m.library.answer(message.Answer, payload)
	case session == nil:
		return fmt.Errorf("%w: the mix has not begun", wire.ErrFrame)
	case message.Apply != nil:
		o.apply(session, message.Apply.Spec)
	case message.Meter != nil:
		if o.meters == nil {
			o.meters = newMetering(session, o.m.out)
		}
		o.meters.want(message.Meter.For)
	case message.Stop != nil:
		o.m.work.Go(func() {
			ctx, cancel := context.WithTimeout(o.m.ctx, message.Stop.Within)
			defer cancel()
			_ = session.Stop(ctx) // Ended says how it went
		})
	default:
		return fmt.Errorf("%w: nothing that a supervisor says", wire.ErrFrame)
	}
	return nil
}

// apply hands over a spec. A change may ask for pictures, whose answers come by next, so
// it is made beside it.
func (o *orders) apply(session *mixer.Session, spec mixer.Spec) {
	if o.changes == nil {
		o.changes = make(chan mixer.Spec, 1)
		o.changed.Go(func() {
			for spec := range o.changes {
				result := &wire.Result{}
				if err := session.Apply(spec); err != nil {
					result.Error = err.Error()
				}
				o.m.out.must(wire.Message{Applied: result})
			}
		})
	}
	o.changes <- spec // the supervisor waits for one before it sends the next
}

// end waits for what is under way.
func (o *orders) end() {
	if o.changes != nil {
		close(o.changes)
		o.changed.Wait()
	}
	if o.meters != nil {
		o.meters.end()
	}
}
