package server

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lianmai/lianmai/mixer"
)

// Between two attempts to start a mix again.
const (
	reviveRetry = time.Second // after a failure; twice as long after each further one
	reviveSlow  = 30 * time.Second
)

// revival is a Mix that ran in an earlier process. It takes changes at once, and asks the
// engine to start it until that succeeds or it is stopped.
type revival struct {
	id      string
	engine  Engine
	spec    func(context.Context) (mixer.Spec, error) // to begin with
	observe func(mixer.Event)
	turns   chan struct{} // holds a token for each that is being started
	cancel  context.CancelFunc
	settled chan struct{} // closed when it runs, or has been stopped before
	done    chan struct{}

	starting sync.Mutex  // held while the engine starts it or a change is taken
	changed  *mixer.Spec // the newest that came before it ran; guarded by starting
	running  atomic.Pointer[Mix]
}

// run starts the mix and waits for its end.
func (v *revival) run(ctx context.Context) {
	defer close(v.done)
	running := v.start(ctx)
	close(v.settled)
	if running == nil {
		v.observe(mixer.Event{Time: time.Now(), Kind: mixer.MixStopped, Reason: "it was stopped before it ran again"})
		return
	}
	<-running.Done()
}

// start asks the engine until it starts the mix; nil when ctx ended before that.
func (v *revival) start(ctx context.Context) Mix {
	for failures := 0; ; failures++ {
		select {
		case v.turns <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		running, spec, err := v.attempt(ctx)
		<-v.turns
		if err == nil {
			v.observe(mixer.Event{
				Time: time.Now(), At: time.Since(spec.Started), Kind: mixer.WorkerRestarted, Revision: spec.Revision, Reason: resumed,
			})
			return running
		}
		pause := min(reviveRetry<<min(failures, 10), reviveSlow)
		if ctx.Err() == nil {
			v.observe(mixer.Event{
				Time: time.Now(), Kind: mixer.WorkerLost, Revision: spec.Revision,
				Reason: fmt.Sprintf("%s, and the mix cannot be started: %v; trying again in %v", resumed, err, pause),
			})
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// attempt asks the engine once.
func (v *revival) attempt(ctx context.Context) (running Mix, spec mixer.Spec, err error) {
	v.starting.Lock()
	defer v.starting.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, spec, err
	}
	if v.changed != nil {
		spec = *v.changed
	} else if spec, err = v.spec(ctx); err != nil {
		return nil, spec, err
	}
	if running, err = v.engine.Start(spec, v.observe); err != nil {
		return nil, spec, err
	}
	v.running.Store(&running)
	return running, spec, nil
}

// get returns what runs; nil before that.
func (v *revival) get() Mix {
	if running := v.running.Load(); running != nil {
		return *running
	}
	return nil
}

// Apply hands over the next spec, to be started with if it does not run yet.
func (v *revival) Apply(spec mixer.Spec) error {
	v.starting.Lock()
	defer v.starting.Unlock()
	if running := v.get(); running != nil {
		return running.Apply(spec)
	}
	v.changed = &spec
	return nil
}

// Stats returns nothing before the mix runs.
func (v *revival) Stats() mixer.Stats {
	if running := v.get(); running != nil {
		return running.Stats()
	}
	return mixer.Stats{}
}

// Meters returns nothing before the mix runs.
func (v *revival) Meters() mixer.Meters {
	if running := v.get(); running != nil {
		return running.Meters()
	}
	return mixer.Meters{}
}

// Stop ends the mix, or the asking.
func (v *revival) Stop(ctx context.Context) error {
	v.cancel()
	select {
	case <-v.settled:
	case <-ctx.Done():
		return ctx.Err()
	}
	if running := v.get(); running != nil {
		return running.Stop(ctx)
	}
	<-v.done
	return nil
}

// Done is closed when the mix has ended.
func (v *revival) Done() <-chan struct{} { return v.done }
