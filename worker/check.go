package worker

import (
	"context"
	"errors"
	"io/fs"
	"sync"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/worker/wire"
)

// check checks a sound and says what it is, unless the socket ends before.
func check(conn *wire.Conn, out *outbox, work *sync.WaitGroup, cfg Config, c *wire.Check) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	work.Go(func() {
		defer cancel()
		_, _, _ = conn.Receive() // there is nothing more to say, so this is the end
	})
	result := &wire.Checked{}
	err := limit(cfg, c.Limits)
	if err == nil {
		result.Info, err = decode.CheckSound(ctx, c.Path, decode.SoundLimits{Bytes: c.Bytes, Duration: c.Duration})
	}
	if err != nil {
		result.Error = err.Error()
		for kind, sentinel := range wire.SoundErrors {
			if sentinel != nil && errors.Is(err, sentinel) {
				result.Kind = kind
			}
		}
		_, result.Unreadable = errors.AsType[*fs.PathError](err)
	}
	out.must(wire.Message{Checked: result})
}
