package mixer

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// arrival is a packet, or a connection that comes or goes, at a session time.
type arrival struct {
	at   time.Duration
	pkt  media.Packet
	link func(rtmp.PullHandler) // instead of a packet
}

// network is a Feed of arrivals that the clock of a theatre hands over.
type network struct {
	coming []arrival
	sink   rtmp.PullHandler
	ready  chan struct{}
}

func (f *network) Run(ctx context.Context, sink rtmp.PullHandler) error {
	f.sink = sink
	close(f.ready)
	<-ctx.Done()
	return ctx.Err()
}

func (*network) Close() {}

// weatherClock is a live clock that goes from tick to tick at once. Before each it
// hands over what arrives until then and lets the decoders finish, so that a live
// session is as deterministic as a render.
type weatherClock struct {
	handClock
	st       *theatre
	networks []*network
	see      func(*Session) // called between two ticks; may be nil
}

func (c *weatherClock) Wait(ctx context.Context, t time.Duration) error {
	if c.st.s == nil {
		c.st.s = <-c.st.ready
		for _, n := range c.networks {
			<-n.ready
		}
	}
	if c.see != nil {
		c.see(c.st.s)
	}
	for _, n := range c.networks {
		for len(n.coming) > 0 && n.coming[0].at <= t {
			a := n.coming[0]
			n.coming = n.coming[1:]
			c.now.Store(int64(max(a.at, c.Now())))
			if a.link != nil {
				a.link(n.sink)
			} else {
				n.sink.PullPacket(a.pkt)
			}
		}
	}
	c.now.Store(int64(max(t, c.Now())))
	c.decode()
	return ctx.Err()
}

// decode returns when all that is due has been decoded.
func (c *weatherClock) decode() {
	for _, src := range c.st.s.plan.all {
		src.advance(c.Now())
		for {
			src.mu.Lock()
			_, due := src.due()
			idle := !due && !src.busy
			src.mu.Unlock()
			if idle {
				break
			}
			runtime.Gosched()
		}
	}
}

// clearSky is a stream whose packets arrive when their stamps say.
func clearSky(t *testing.T, to time.Duration) []arrival {
	all := []arrival{{link: rtmp.PullHandler.PullConnected}}
	for _, p := range (guest{number: 1, to: to}).stream(t) {
		all = append(all, arrival{at: p.DTS, pkt: p})
	}
	return all
}

// eachMedia changes all packets but the configurations.
func eachMedia(all []arrival, change func(a *arrival)) []arrival {
	for i := range all {
		if all[i].link == nil && !all[i].pkt.Config {
			change(&all[i])
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	return all
}

func (a *arrival) shift(d time.Duration) {
	a.pkt.DTS = (a.pkt.DTS + d + 2*wrap) % wrap
	a.pkt.PTS = a.pkt.DTS
}

// A live session in the weather of the field (DOMAIN.md, faults 6 and 7). From
// good on the guest must be seen and heard again, its picture and its sound
// together, late by no more than late.
func TestLiveMixInBadWeather(t *testing.T) {
	liveAtStart(t)
	const d, far = 4500 * ms, 7 * time.Second
	for _, tt := range []struct {
		name    string
		weather func(t *testing.T) []arrival
		long    bool
		good    time.Duration // from here on all is well
		late    time.Duration // of the guest's clock behind the mix's
		ahead   time.Duration // of the guest's clock before the session's
		want    []SourceState // that it goes through; nil is Live alone
	}{
		{name: "fair", weather: func(t *testing.T) []arrival { return clearSky(t, d) }, late: 90 * ms},
		{name: "stamps beyond 4.66 h", late: 90 * ms, weather: func(t *testing.T) []arrival {
			return eachMedia(clearSky(t, d), func(a *arrival) { a.shift(16_777_000 * ms) })
		}},
		{name: "stamps that wrap", late: 90 * ms, weather: func(t *testing.T) []arrival {
			return eachMedia(clearSky(t, d), func(a *arrival) { a.shift(wrap - 2*time.Second) })
		}},
		{name: "jitter", long: true, late: 330 * ms, weather: func(t *testing.T) []arrival {
			return eachMedia(clearSky(t, far), func(a *arrival) {
				if a.at > 2*time.Second { // every half second nothing comes for 0.2 s
					if phase := a.at % (500 * ms); phase < 200*ms {
						a.at += 200*ms - phase
					}
				}
			})
		}, good: 4 * time.Second},
		{name: "stamps that jitter", late: 130 * ms, weather: func(t *testing.T) []arrival {
			n := time.Duration(0)
			return eachMedia(clearSky(t, d), func(a *arrival) {
				if n++; a.pkt.Kind == media.Audio {
					a.shift(n % 4 * 10 * ms)
				}
			})
		}},
		{name: "stall and burst", long: true, late: 110 * ms, good: 5200 * ms, want: []SourceState{Live, Frozen, Live},
			weather: func(t *testing.T) []arrival {
				return eachMedia(clearSky(t, far), func(a *arrival) {
					if a.at > 2*time.Second && a.at < 4500*ms {
						a.at = 4500*ms + a.at/1000
					}
				})
			}},
		{name: "clock stood still", long: true, late: 4 * time.Second, good: 5100 * ms,
			// Its sound is there a moment before its first picture is due.
			want: []SourceState{Live, Frozen, Stalled, AudioOnly, Live},
			weather: func(t *testing.T) []arrival {
				return eachMedia(clearSky(t, far), func(a *arrival) {
					if a.at > 1400*ms {
						a.at += 3500 * ms
					}
				})
			}},
		{name: "stamps leap ahead", late: 110 * ms, good: 2200 * ms, weather: func(t *testing.T) []arrival {
			return eachMedia(clearSky(t, d), func(a *arrival) {
				if a.at > 1500*ms {
					a.shift(7 * time.Hour)
				}
			})
		}},
		{name: "stamps begin again", late: 110 * ms, good: 2200 * ms, weather: func(t *testing.T) []arrival {
			return eachMedia(clearSky(t, d), func(a *arrival) {
				if a.at > 1500*ms {
					a.shift(-1500 * ms)
				}
			})
		}},
		{name: "drift ahead", late: 90 * ms, weather: func(t *testing.T) []arrival { return drift(t, d, 1.003) }},
		{name: "drift behind", late: 90 * ms, weather: func(t *testing.T) []arrival { return drift(t, d, 0.997) }},
		{name: "cached GOP", late: 110 * ms, good: 300 * ms, weather: func(t *testing.T) []arrival {
			// Joined after 2 s: everything up to then comes at once.
			return eachMedia(clearSky(t, d+2*time.Second), func(a *arrival) { a.at = max(a.at-2*time.Second, 0) })
		}, ahead: 2 * time.Second},
		{name: "connection lost", long: true, late: 90 * ms, good: 5300 * ms, want: []SourceState{Live, Lost, Connecting, Live},
			weather: func(t *testing.T) []arrival {
				all := eachMedia(clearSky(t, far), func(*arrival) {})
				all = slices.DeleteFunc(all, func(a arrival) bool { return a.at > 2*time.Second && a.at < 5*time.Second })
				all = append(all,
					arrival{at: 2100 * ms, link: func(h rtmp.PullHandler) { h.PullDisconnected(errors.New("cut"), time.Second) }},
					arrival{at: 4500 * ms, link: rtmp.PullHandler.PullConnected})
				return eachMedia(all, func(a *arrival) {
					if a.at >= 4500*ms {
						a.shift(-4500 * ms)
					}
				})
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			net := &network{coming: tt.weather(t), ready: make(chan struct{})}
			end := d - 500*ms
			if tt.long {
				end = far - 500*ms
			}
			st := setTheatre(t, end, net)
			st.opts.Clock = &weatherClock{st: st, networks: []*network{net}}
			tape := st.play()
			tape.cadence(t, end)

			seen := 0
			var behind []time.Duration
			for _, sh := range tape.shots(t) {
				tile, ok := sh.tiles[1]
				if ok {
					seen++
				}
				if sh.at < tt.good+200*ms {
					continue
				}
				late := sh.at + tt.ahead - tile.Clock
				if !ok || late < -40*ms || late > tt.late {
					t.Errorf("at %v seen: %v, late by %v", sh.at, ok, late)
				}
				behind = append(behind, late)
			}
			if seen == 0 || len(behind) == 0 {
				t.Fatal("never seen")
			}
			checkSync(t, tape.sound(t), tt.good, tt.ahead, behind)

			var went []SourceState
			for _, e := range st.told(SourceChanged) {
				went = append(went, e.Source)
			}
			want := tt.want
			if want == nil {
				want = []SourceState{Live}
			}
			if !slices.Equal(went, want) {
				t.Errorf("went through %v, want %v", went, want)
			}
		})
	}
}

// drift makes the sender's clock faster or slower than the session's.
func drift(t *testing.T, d time.Duration, factor float64) []arrival {
	return eachMedia(clearSky(t, d), func(a *arrival) { a.at = time.Duration(float64(a.at) / factor) })
}

// checkSync compares how late the beeps are with how late the pictures are, on
// average, and looks for holes in the tone.
func checkSync(t *testing.T, pcm []float32, good, ahead time.Duration, behind []time.Duration) {
	t.Helper()
	var sum time.Duration
	for _, b := range behind {
		sum += b
	}
	picture := sum / time.Duration(len(behind))
	beeps := 0
	for _, n := range measure.Onsets(pcm, pattern.Beep(1), -30) {
		at := media.SampleTime(int64(n)) + ahead
		if at-ahead < good+300*ms {
			continue
		}
		beeps++
		// Late by whole seconds is what the picture tells.
		sound := (at - picture - pattern.BeepEdge/2).Round(time.Second)
		skew := at - pattern.BeepEdge/2 - sound - picture
		if skew < -40*ms || skew > 40*ms {
			t.Errorf("the beep at %v is %v from its picture", at-ahead, skew)
		}
	}
	if beeps == 0 {
		t.Error("no beep is heard")
	}
	for at := good + 500*ms; at+200*ms < media.SampleTime(int64(len(pcm))); at += 100 * ms {
		if level := toneDB(pcm, 1, at, at+200*ms); level < pattern.ToneLevel-3 {
			t.Errorf("at %v the tone has %.1f dBFS", at, level)
		}
	}
}
