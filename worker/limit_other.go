//go:build !linux

package worker

import (
	"time"

	"github.com/lianmai/lianmai/worker/wire"
)

// Limit does nothing: this system's limits are other ones.
func Limit(wire.Limits) error { return nil }

// usage is not known here.
func usage() (cpu time.Duration, memory int64) { return 0, 0 }
