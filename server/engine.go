package server

import (
	"context"

	"github.com/lianmai/lianmai/mixer"
)

// Engine runs mixes. Implementations are safe for concurrent use.
type Engine interface {
	// Start starts a mix from a validated spec and returns while it runs. observe is
	// called for each event, one call at a time; it does not block, may be called
	// before Start returns, and is never called after the Mix is done. When Start
	// fails, nothing is left running.
	Start(spec mixer.Spec, observe func(mixer.Event)) (Mix, error)
}

// Mix is one running mix. The caller makes one call of Apply or Stop at a time;
// Stats, Meters and Done may be called at any time by anyone.
type Mix interface {
	// Apply hands over the next spec, of a higher revision; it takes hold between
	// two frames. On failure the mix goes on with the spec that it had.
	Apply(spec mixer.Spec) error
	// Stats returns a snapshot. After the end of the mix it returns the last one.
	Stats() mixer.Stats
	// Meters returns how loud everything is now. It is cheap: each watcher that wants
	// meters asks up to ten times a second. After the end of the mix anything may come.
	Meters() mixer.Meters
	// Stop ends the mix: what is encoded is sent and the outputs are closed. It
	// returns when that is done or ctx is; then the rest is cut off. It may be called
	// again.
	Stop(ctx context.Context) error
	// Done is closed when the mix has ended, for whatever reason, and everything
	// that it held is freed.
	Done() <-chan struct{}
}
