package mixer

import (
	"encoding/binary"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// Bounds of the lip sync of a source in the output, sound minus picture. Pictures are
// shown at ticks, so up to 17 ms are theirs at 30 frames per second.
const skewP99, skewLate, skewEarly = 20 * ms, 40 * ms, -60 * ms

// troupe is one source between a sender that is simulated and the audience: all of its
// timeline, queues, steering and places are the engine's; only the codecs are left out,
// so that an hour takes seconds. Each packet carries its content's time.
type troupe struct {
	t     *testing.T
	clock *handClock
	s     *source
	d     *decoding
	mix   *audio.Mixer
	pcm   []float32
	tone  []float32

	content map[*media.Frame]time.Duration // what pictures show
	places  []place                        // of the newest sound
	looks   []look                         // not yet compared
	skews   []time.Duration
	shown   time.Duration // content of the last picture
	since   time.Duration // when that came on
	block   int64         // of sound
	frame   int64
}

// place says where a block of sound was put, in samples, and what it holds.
type place struct {
	start, frames int64
	content       time.Duration
}

// look is what is seen at a tick.
type look struct{ at, content time.Duration }

func newTroupe(t *testing.T) *troupe {
	c := &troupe{t: t, clock: &handClock{}, mix: audio.New(), pcm: make([]float32, 2*1024), content: map[*media.Frame]time.Duration{}}
	c.s = newSource(1, "a", newScript(), c.clock, c.mix.Add("a"), slog.New(slog.DiscardHandler))
	c.d = newDecoding(c.s)
	c.tone = wave(media.SampleRate+1024, 200, 1100)
	return c
}

// arrive hands over a packet whose content is of that time and whose stamp is that.
func (c *troupe) arrive(kind media.Kind, content, stamp, now time.Duration) {
	c.until(now)
	c.clock.now.Store(int64(now))
	stamp = (stamp%wrap + wrap) % wrap
	c.s.PullPacket(media.Packet{Kind: kind, Key: true, DTS: stamp, PTS: stamp, Data: binary.BigEndian.AppendUint64(nil, uint64(content))})
	c.decode()
}

// until runs the ticks that are due before now.
func (c *troupe) until(now time.Duration) {
	for {
		video, sound := media.FPS(30).Time(c.frame)+pictureLag, media.SampleTime((c.block+1)*1024)
		if min(video, sound) > now {
			return
		}
		c.clock.now.Store(int64(min(video, sound)))
		c.s.target = max(c.s.target, min(video, sound))
		c.decode()
		if sound < video {
			c.mix.MixInto(c.block*1024, c.pcm)
			c.block++
			continue
		}
		c.look(video - pictureLag)
		c.frame++
	}
}

// decode is the decode goroutine without codecs.
func (c *troupe) decode() {
	for {
		kind, ok := c.s.due()
		if !ok {
			return
		}
		q := c.s.queues[kind].pop()
		offset := c.s.offset(&q)
		content := time.Duration(binary.BigEndian.Uint64(q.pkt.Data))
		if kind == media.Video {
			f, err := media.NewFrame(16, 16)
			if err != nil {
				c.t.Fatal(err)
			}
			f.PTS = q.pkt.PTS
			c.content[f] = content
			c.d.show(f, offset)
			continue
		}
		held := c.d.steering.held()
		first := int(media.SampleIndex(content+ms/10)) % media.SampleRate * media.Channels
		c.d.sound(q.pkt.PTS, offset, c.tone[first:first+2*1024], q.epoch)
		n := int64(len(c.d.steering.out) / media.Channels)
		c.places = append(c.places, place{c.d.next - n, n, content - media.SampleTime(max(0, held))})
		if len(c.places) > 400 {
			c.places = slices.Delete(c.places, 0, 200)
		}
	}
}

// look notes what is seen at a tick, and compares what was seen a second ago with what
// was heard then. A picture that stands still is no sign of bad sync.
func (c *troupe) look(at time.Duration) {
	f, _, _ := c.s.slot.pick(at+media.FPS(30).Time(1)/2, true)
	if f != nil {
		if content := c.content[f]; content != c.shown {
			c.shown, c.since = content, at
		}
		if at-c.since < 50*ms {
			c.looks = append(c.looks, look{at, c.shown})
		}
	}
	for len(c.looks) > 0 && c.looks[0].at < at-time.Second {
		c.compare(c.looks[0])
		c.looks = c.looks[1:]
	}
	if len(c.content) > 300 {
		for f, content := range c.content {
			if content < c.shown-time.Minute || content < c.shown-5*time.Second {
				delete(c.content, f)
			}
		}
	}
}

func (c *troupe) compare(l look) {
	at := media.SampleIndex(l.at)
	for i := len(c.places) - 1; i >= 0; i-- {
		p := c.places[i]
		if at < p.start || at >= p.start+p.frames {
			continue
		}
		heard := p.content + time.Duration((at-p.start)*int64(media.SampleTime(1024))/p.frames)
		c.skews = append(c.skews, l.content-heard)
		return
	}
}

// weather is what happens to a sender's packets in the hour.
type weatherPlan struct {
	random *rand.Rand
	hold   time.Duration // packets are held back until then
	jitter time.Duration
	leap   time.Duration // of the stamps
	slow   time.Duration // grows in a trickle
	lost   time.Duration // there is no connection until then
}

// change is made every twenty seconds.
func (w *weatherPlan) change(c *troupe, n int, now time.Duration) {
	w.jitter, w.slow = 0, 0
	switch n % 8 {
	case 0:
		w.hold = now + 200*ms + time.Duration(w.random.Int64N(int64(700*ms)))
	case 1:
		w.hold = now + 3*time.Second
	case 2:
		w.leap += 5 * time.Hour
	case 3:
		w.leap = -now // begins again near 0
	case 4:
		w.jitter = 150 * ms
	case 5:
		c.s.PullDisconnected(errGone, 500*ms)
		w.lost = now + 500*ms
		w.leap = wrap - now - 5*time.Second
	case 6:
		w.slow = 1
	case 7:
		w.hold = now + 60*ms
	}
}

// perform sends for so long with a clock that is off by ppm, through all weathers.
func (c *troupe) perform(d time.Duration, ppm float64, faults bool) {
	w := &weatherPlan{random: rand.New(rand.NewPCG(7, uint64(int64(ppm))))}
	c.s.PullConnected()
	latest, changes := time.Duration(0), 0
	var next [2]int64
	for {
		kind, content := media.Video, media.FPS(30).Time(next[media.Video])
		if sound := media.SampleTime(next[media.Audio] * 1024); sound < content {
			kind, content = media.Audio, sound
		}
		next[kind]++
		sent := time.Duration(float64(content) / (1 + ppm*1e-6)) // by our clock
		if sent >= d {
			break
		}
		if faults && int(sent/(20*time.Second)) > changes {
			changes++
			w.change(c, changes, sent)
		}
		if w.slow > 0 {
			w.slow = min(w.slow+2*ms, 800*ms)
		}
		if w.lost > 0 {
			if sent < w.lost {
				continue
			}
			w.lost = 0
			c.s.PullConnected()
		}
		arrival := sent + 20*ms + w.slow
		if w.jitter > 0 && w.random.IntN(40) == 0 {
			arrival += time.Duration(w.random.Int64N(int64(w.jitter)))
		}
		latest = max(latest, arrival, w.hold)
		c.arrive(kind, content, (content + w.leap).Truncate(ms), latest)
	}
}

// An hour (with -long; else two minutes) with a sender whose clock is 200 ppm fast or
// slow, with and without everything that happens to its packets: lips are in sync.
func TestLipsStayInSyncForAnHour(t *testing.T) {
	liveAtStart(t)
	d := 2 * time.Minute
	if *long {
		d = time.Hour
	}
	for _, tt := range []struct {
		name   string
		ppm    float64
		faults bool
	}{{"fast", 200, false}, {"slow", -200, false}, {"fast in all weathers", 200, true}, {"slow in all weathers", -200, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newTroupe(t)
			c.perform(d, tt.ppm, tt.faults)
			slices.Sort(c.skews)
			n := len(c.skews)
			if n < int(d.Seconds()*20) {
				t.Fatalf("%d pictures were compared", n)
			}
			off := make([]time.Duration, n)
			for i, s := range c.skews {
				off[i] = abs(s)
			}
			slices.Sort(off)
			drift := c.s.timeline.drift.ppm()
			t.Logf("%v: %d pictures; sound later than the picture: median %v, p99 of the size %v, from %v to %v; drift measured %.0f ppm",
				d, n, c.skews[n/2].Round(ms/10), off[n*99/100].Round(ms/10), c.skews[0].Round(ms/10), c.skews[n-1].Round(ms/10), drift)
			if off[n*99/100] > skewP99 || c.skews[n-1] > skewLate || c.skews[0] < skewEarly {
				t.Errorf("want p99 within ±%v and all from %v to %v", skewP99, skewEarly, skewLate)
			}
			if !tt.faults && math.Abs(drift-tt.ppm) > 30 {
				t.Errorf("drift measured %.0f ppm, want %.0f", drift, tt.ppm)
			}
			c.s.slot.clear()
		})
	}
}
