package mixer

import (
	"context"
	"sync"
	"time"

	"github.com/lianmai/lianmai/media"
)

// Header is what a destination must know before the first packet.
type Header struct {
	VideoConfig []byte // avcC
	AudioConfig []byte // AudioSpecificConfig
	Video       VideoSpec
	Audio       AudioSpec
}

// Sink takes the mix to one destination.
type Sink interface {
	// Write hands over a packet; packets come in the order of their DTS. It must
	// not block on a live clock.
	Write(media.Packet)
	// Stats fills in what is known of the destination; the caller sets Name.
	Stats() OutputStats
	// Close sends what is queued until ctx ends, ends the stream and frees
	// everything.
	Close(ctx context.Context) error
}

// output is a Sink with its name.
type output struct {
	Output
	sink  Sink
	meter rateMeter // of the tick goroutine

	mu    sync.Mutex
	state OutputState
}

func (o *output) setState(state OutputState) (changed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	changed = o.state != state
	o.state = state
	return changed
}

// stats describes the output at session time now; the tick goroutine calls it.
func (o *output) stats(now time.Duration) OutputStats {
	st := o.sink.Stats()
	st.Name = o.Name
	o.meter.update(now, 0, st.BytesSent)
	o.mu.Lock()
	defer o.mu.Unlock()
	st.State = o.state
	st.Bitrate = o.meter.bitsPerSecond
	return st
}

// interleaver puts the packets of both encoders into one order by DTS. Sound comes
// out of its encoder up to two blocks (43 ms) after the picture of the same time,
// so pictures wait here for it. The zero value is ready; the tick goroutine owns it.
type interleaver struct {
	video []media.Packet
	sound int64 // the sample up to which sound has come
}

// maxHeld bounds the pictures that wait. Sound is made on every tick, so it is never
// reached unless the sound encoder fails.
const maxHeld = 64

func (l *interleaver) addVideo(p media.Packet, emit func(media.Packet)) {
	l.video = append(l.video, p)
	l.emitWhile(emit, func(v media.Packet) bool { return media.SampleIndex(v.DTS) < l.sound })
	if len(l.video) > maxHeld {
		emit(l.video[0])
		l.shift(1)
	}
}

// addAudio emits the pictures that come before p, then p, then those that come
// before the sound that is next.
func (l *interleaver) addAudio(p media.Packet, samples int64, emit func(media.Packet)) {
	l.emitWhile(emit, func(v media.Packet) bool { return v.DTS <= p.DTS })
	emit(p)
	l.sound = media.SampleIndex(p.DTS) + samples
	l.emitWhile(emit, func(v media.Packet) bool { return media.SampleIndex(v.DTS) < l.sound })
}

// flush emits what waits, at the end of the stream.
func (l *interleaver) flush(emit func(media.Packet)) {
	l.emitWhile(emit, func(media.Packet) bool { return true })
}

// emitWhile emits the pictures that wait, the oldest first, as long as due says so.
func (l *interleaver) emitWhile(emit func(media.Packet), due func(media.Packet) bool) {
	n := 0
	for n < len(l.video) && due(l.video[n]) {
		emit(l.video[n])
		n++
	}
	l.shift(n)
}

func (l *interleaver) shift(n int) {
	if n == 0 {
		return
	}
	rest := copy(l.video, l.video[n:])
	clear(l.video[rest:])
	l.video = l.video[:rest]
}
