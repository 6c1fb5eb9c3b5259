package mixer

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// nowhere is an output that forgets what it gets.
type nowhere struct{}

func (nowhere) Write(media.Packet)          {}
func (nowhere) Stats() OutputStats          { return OutputStats{} }
func (nowhere) Close(context.Context) error { return nil }

// What a mix of six allocates once it runs, for each picture with its sound and the
// decoding that goes with them: Go's memory only, libraries have their own.
func BenchmarkTick(b *testing.B) {
	const warm = 2 * time.Second
	frames := int64(max(b.N, 15))
	d := warm + smallVideo.FrameRate.Time(frames)
	st := setTheatre(nil, d)
	clip := guest{number: 1, to: 4 * time.Second}.stream(b)
	st.spec.Layout.Template = layout.Default
	for i := range MaxParticipants {
		st.spec.Participants = append(st.spec.Participants, Participant{Name: string(rune('a' + i)), URL: "loop"})
	}
	st.opts.OpenFeed = func(Participant) (Feed, error) { return newScript(looped(clip, d+2*time.Second)...), nil }
	st.opts.OpenSink = func(Output, Header, func(), func(OutputState, string)) (Sink, error) { return nowhere{}, nil }
	var before, after runtime.MemStats
	b.ReportAllocs()
	st.opts.Clock = &watchedClock{at: warm, reached: func() { runtime.ReadMemStats(&before); b.ResetTimer() }}
	s, err := Start(b.Context(), st.spec, st.opts)
	if err != nil {
		b.Fatal(err)
	}
	<-s.Done()
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(frames), "allocs/tick")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(frames), "B/tick")
}

// watchedClock is a virtual clock that tells when it has come somewhere.
type watchedClock struct {
	VirtualClock
	at      time.Duration
	reached func()
}

func (c *watchedClock) Wait(ctx context.Context, t time.Duration) error {
	if c.reached != nil && t >= c.at {
		c.reached()
		c.reached = nil
	}
	return c.VirtualClock.Wait(ctx, t)
}

// looped plays a clip over and over until d.
func looped(clip []media.Packet, d time.Duration) (out []media.Packet) {
	var length time.Duration
	for _, p := range clip {
		if p.Kind == media.Video && !p.Config {
			length = max(length, p.DTS)
		}
	}
	length += media.FPS(15).Time(1)
	for base := time.Duration(0); base < d; base += length {
		for _, p := range clip {
			if p.Config && base > 0 || p.DTS >= length {
				continue
			}
			p.DTS, p.PTS = p.DTS+base, p.PTS+base
			out = append(out, p)
		}
	}
	return out
}
