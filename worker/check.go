package worker

import (
	"context"
	"errors"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/worker/wire"
)

// check checks a sound and says what it is.
func check(out *outbox, cfg Config, c *wire.Check) error {
	result := &wire.Checked{}
	err := limit(cfg, c.Limits)
	if err == nil {
		result.Info, err = decode.CheckSound(context.Background(), c.Path, decode.SoundLimits{Bytes: c.Bytes, Duration: c.Duration})
	}
	if err != nil {
		result.Error = err.Error()
		for kind, sentinel := range wire.SoundErrors {
			if sentinel != nil && errors.Is(err, sentinel) {
				result.Kind = kind
			}
		}
	}
	out.must(wire.Message{Checked: result})
	return nil
}
