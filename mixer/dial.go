package mixer

import "github.com/lianmai/lianmai/rtmp"

// Dials open the network connections of an Engine, so that somebody can say where it may
// connect. nil means net.Dialer's.
type Dials struct {
	Input  rtmp.DialFunc // of participants and of music that is a stream
	Output rtmp.DialFunc
}

// SetDials makes e connect with d. It is called before the first Start.
func (e *Engine) SetDials(d Dials) { e.dials = d }
