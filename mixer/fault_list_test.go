package mixer

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// The faults of the field, by their numbers in the list: 1 connections, 2 tracks, 3–5
// formats, 6 and 7 stamps and arrivals, 8 damage. What 9, destinations, do is in
// output faults of package rtmp and of e2e.

const faultStream = faultLength + time.Second

// person is participant 2 as long as a fault's mix is.
var person = guest{number: 2, to: faultStream}

// healthy is participant 2 without a fault.
func healthy(t *testing.T) []arrival { return scenes(t, person).coming }

// each returns a healthy stream with a change made to all media.
func each(change func(a *arrival)) func(t *testing.T) []arrival {
	return func(t *testing.T) []arrival { return eachMedia(healthy(t), change) }
}

// only leaves those of a stream that keep says, the headers and the connection aside.
func only(t *testing.T, keep func(a arrival) bool) []arrival {
	return slices.DeleteFunc(healthy(t), func(a arrival) bool { return a.link == nil && !a.pkt.Config && !keep(a) })
}

// at puts what happens to the connection into a stream.
func at(when time.Duration, do func(rtmp.PullHandler)) arrival { return arrival{at: when, link: do} }

var errGone = errors.New("gone")

func disconnect(h rtmp.PullHandler) { h.PullDisconnected(errGone, time.Second) }

// reconnected is a stream that is away between two times and then begins with its
// headers and, if back is not 0, with stamps that are lower by it.
func reconnected(from, to, back time.Duration, fails ...time.Duration) func(t *testing.T) []arrival {
	return func(t *testing.T) []arrival {
		all := slices.DeleteFunc(healthy(t), func(a arrival) bool { return a.link == nil && !a.pkt.Config && a.at >= from && a.at < to })
		var heads []arrival
		for _, a := range all {
			if a.link == nil && a.pkt.Config && from > 0 {
				heads = append(heads, arrival{at: to, pkt: a.pkt})
			}
		}
		for i := range all {
			if all[i].link == nil && !all[i].pkt.Config && all[i].at >= to {
				all[i].shift(-back)
			}
		}
		if from == 0 {
			// What was before the first connection never was.
			for i := range all {
				if all[i].link != nil || all[i].pkt.Config {
					all[i].at = to
				}
			}
		} else {
			all = append(all, at(from, disconnect), at(to, rtmp.PullHandler.PullConnected))
			all = append(all, heads...)
		}
		for _, f := range fails {
			all = append(all, at(f, disconnect))
		}
		return inOrder(all)
	}
}

// inOrder sorts by arrival: first the connection, then headers, then media.
func inOrder(all []arrival) []arrival {
	rank := func(a arrival) int {
		switch {
		case a.link != nil:
			return 0
		case a.pkt.Config:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(all, func(a, b arrival) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return rank(a) - rank(b)
	})
	return all
}

var connectionFaults = []fault{
	{
		name: "1 refused, later accepted", stream: reconnected(0, 4*time.Second, 0, 0, 500*ms, 1500*ms),
		states: []SourceState{Lost, Live}, gone: []span{{0, 4 * time.Second}},
		ended: 4 * time.Second, good: 4300 * ms,
	},
	{
		name:   "1 wrong stream name, for ever",
		stream: func(*testing.T) []arrival { return []arrival{at(100*ms, disconnect), at(2*time.Second, disconnect)} },
		states: []SourceState{Lost}, gone: []span{{0, faultLength}},
	},
	{
		name:   "1 never any media",
		stream: func(*testing.T) []arrival { return []arrival{at(0, rtmp.PullHandler.PullConnected)} },
		gone:   []span{{0, faultLength}}, states: []SourceState{},
	},
	{
		name: "1 media stops, the connection stays",
		stream: func(t *testing.T) []arrival {
			return only(t, func(a arrival) bool { return a.at < faultAt })
		},
		states: []SourceState{Live, Frozen, Stalled},
		seen:   []span{{200 * ms, 3900 * ms}}, gone: []span{{4200 * ms, faultLength}},
	},
	{
		name: "1 cut and back", stream: reconnected(faultAt, 3*time.Second, 0),
		states: []SourceState{Live, Lost, Live},
		seen:   []span{{200 * ms, 1900 * ms}}, gone: []span{{2100 * ms, 2900 * ms}},
		ended: 3 * time.Second, good: 3200 * ms,
	},
	{
		name: "1 the server restarts", stream: reconnected(faultAt, 5*time.Second, 5*time.Second, 2500*ms, 3500*ms),
		states: []SourceState{Live, Lost, Live},
		gone:   []span{{2100 * ms, 4900 * ms}}, ended: 5 * time.Second, good: 5200 * ms,
	},
}

var trackFaults = []fault{
	{
		name: "2 only sound", stream: func(t *testing.T) []arrival {
			return scenes(t, guest{number: 2, to: faultStream, blind: true}).coming
		},
		states: []SourceState{AudioOnly}, gone: []span{{0, faultLength}},
	},
	{
		name: "2 only pictures", stream: func(t *testing.T) []arrival {
			return scenes(t, guest{number: 2, to: faultStream, dumb: true}).coming
		},
		good: 200 * ms,
	},
	{
		name:   "2 headers but no frames",
		stream: func(t *testing.T) []arrival { return only(t, func(arrival) bool { return false }) },
		states: []SourceState{}, gone: []span{{0, faultLength}},
	},
	{
		name: "2 the picture comes late", stream: func(t *testing.T) []arrival {
			all := only(t, func(a arrival) bool { return a.pkt.Kind == media.Audio || a.at >= 3*time.Second })
			for i := range all {
				if all[i].pkt.Config && all[i].pkt.Kind == media.Video {
					all[i].at = 3 * time.Second
				}
			}
			return inOrder(all)
		},
		states: []SourceState{AudioOnly, Live}, gone: []span{{0, 2900 * ms}}, ended: 3 * time.Second, good: 3200 * ms,
	},
	{
		name: "2 the camera goes off and on", stream: func(t *testing.T) []arrival {
			return only(t, func(a arrival) bool {
				return a.pkt.Kind == media.Audio || a.at < faultAt || a.at >= 6*time.Second
			})
		},
		states: []SourceState{Live, Frozen, AudioOnly, Live},
		seen:   []span{{200 * ms, 3900 * ms}}, gone: []span{{4100 * ms, 5900 * ms}}, ended: 6 * time.Second, good: 6200 * ms,
	},
}

// in plays guest after guest, each from where the one before ends.
func in(length time.Duration, guests ...guest) func(t *testing.T) []arrival {
	return func(t *testing.T) []arrival {
		for i := range guests {
			guests[i].number = 2
			guests[i].from, guests[i].to = time.Duration(i)*length, time.Duration(i+1)*length
		}
		guests[len(guests)-1].to = max(faultStream, guests[len(guests)-1].to)
		return scenes(t, guests...).coming
	}
}

// recoded is a healthy stream that the ffmpeg command has coded anew.
func recoded(container string, args ...string) func(t *testing.T) []arrival {
	return func(t *testing.T) []arrival {
		t.Helper()
		all := []arrival{{link: rtmp.PullHandler.PullConnected}}
		for _, p := range person.recoded(t, container, args...) {
			all = append(all, arrival{at: max(0, p.DTS), pkt: p})
		}
		return inOrder(all)
	}
}

var formatFaults = []fault{
	{name: "3 the phone turns", stream: in(2*time.Second, guest{}, guest{w: 200, h: 160}, guest{w: 320, h: 180}), good: 200 * ms},
	{name: "3 another profile", stream: in(3*time.Second, guest{}, guest{preset: "veryfast"}, guest{}), good: 200 * ms},
	{
		name: "3 identical headers again and again", good: 200 * ms, stream: func(t *testing.T) []arrival {
			var all, heads []arrival
			for _, a := range healthy(t) {
				if a.link == nil && a.pkt.Config {
					heads = append(heads, a)
				}
				if a.link == nil && !a.pkt.Config && a.pkt.Kind == media.Video {
					for _, h := range heads {
						all = append(all, arrival{at: a.at, pkt: h.pkt})
					}
				}
				all = append(all, a)
			}
			return all
		},
	},
	{
		// The header of the old size comes with the first picture of the new one; the
		// right one follows a second later.
		name: "3 a stale header", errors: true, ended: 3 * time.Second, good: 3200 * ms,
		stream: func(t *testing.T) []arrival {
			all := in(2*time.Second, guest{}, guest{w: 320, h: 180, preset: "veryfast"})(t)
			var old media.Packet
			for i, a := range all {
				if a.link == nil && a.pkt.Config && a.pkt.Kind == media.Video {
					if a.at == 0 {
						old = a.pkt
					} else {
						all = append(all, arrival{at: 3 * time.Second, pkt: a.pkt})
						all[i].pkt = old
					}
				}
			}
			return inOrder(all)
		},
	},
	{
		name:   "4 every sound format",
		stream: in(1500*ms, guest{rate: 16000}, guest{rate: 44100, stereo: true}, guest{}, guest{rate: 44100}, guest{rate: 16000}, guest{stereo: true}), good: 200 * ms,
	},
	{name: "5 variable frame rate", stream: in(1500*ms, guest{fps: 15}, guest{fps: 60}, guest{fps: 5}, guest{fps: 30}, guest{fps: 24}), good: 200 * ms, late: 260 * ms},
	{name: "5 B-frames", stream: recoded("flv", "-c:v", "libx264", "-bf", "3", "-g", "30"), good: 400 * ms, late: 320 * ms},
	{name: "8 HEVC", stream: recoded("mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:bframes=0:keyint=15", "-tag:v", "hvc1"), good: 200 * ms},
	{name: "5 a GOP of 10 s", stream: in(faultStream, guest{gop: 10 * time.Second}), good: 200 * ms},
	{
		name: "5 does not begin with a key frame", ended: time.Second, good: 1200 * ms, gone: []span{{0, 950 * ms}},
		stream: func(t *testing.T) []arrival {
			return only(t, func(a arrival) bool { return a.pkt.Kind == media.Audio || a.at > 0 })
		},
	},
}

// stamps moves all stamps by d.
func stamps(d time.Duration) func(a *arrival) { return func(a *arrival) { a.shift(d) } }

// after makes a change to what arrives from then on.
func after(when time.Duration, change func(a *arrival)) func(a *arrival) {
	return func(a *arrival) {
		if a.at >= when {
			change(a)
		}
	}
}

var stampFaults = []fault{
	{name: "6 stamps begin at a huge value", stream: each(stamps(3_900_000_000 * ms)), good: 200 * ms},
	{name: "6 extended stamps", stream: each(stamps(16_777_215*ms - 3*time.Second)), good: 200 * ms},
	{name: "6 stamps wrap", stream: each(stamps(wrap - 3*time.Second)), good: 200 * ms},
	{name: "6 stamps leap hours ahead", stream: each(after(faultAt, stamps(5*time.Hour))), ended: faultAt, good: 2700 * ms},
	{name: "6 stamps leap back", stream: each(func(a *arrival) {
		if a.at < faultAt {
			a.shift(5 * time.Hour)
		}
	}), ended: faultAt, good: 2700 * ms},
	{
		name: "6 stamps begin at 0 after a reconnect", stream: reconnected(faultAt, 3*time.Second, 3*time.Second),
		states: []SourceState{Live, Lost, Live}, ended: 3 * time.Second, good: 3200 * ms,
	},
	{name: "6 sound and pictures out of order", good: 200 * ms, late: 350 * ms, stream: each(func(a *arrival) {
		if a.pkt.Kind == media.Audio {
			a.at += 250 * ms
		}
	})},
	{name: "6 all stamps are 0 at first", ended: time.Second, good: 2200 * ms, stream: each(func(a *arrival) {
		if a.at < time.Second {
			a.pkt.DTS, a.pkt.PTS = 0, 0
		}
	})},
	{name: "6 sound stamps jitter", good: 200 * ms, late: 140 * ms, stream: func(t *testing.T) []arrival {
		n := time.Duration(0)
		return eachMedia(healthy(t), func(a *arrival) {
			if n++; a.pkt.Kind == media.Audio {
				a.shift(12*ms + n%4*6*ms)
			}
		})
	}},
	{name: "7 three seconds of nothing, then all at once", ended: 5 * time.Second, good: 5200 * ms,
		states: []SourceState{Live, Frozen, Stalled, Live}, gone: []span{{4100 * ms, 4900 * ms}},
		stream: each(func(a *arrival) {
			if a.at >= faultAt && a.at < 5*time.Second {
				a.at = 4999*ms + a.at/10000
			}
		})},
	{name: "7 a slow trickle", good: 200 * ms, late: 3200 * ms, stream: each(after(faultAt, func(a *arrival) { a.at += (a.at - faultAt) / 2 }))},
	{name: "7 a clock that is 0.3 % fast", good: 200 * ms, stream: each(func(a *arrival) { a.at -= a.at * 3 / 1000 })},
}

// damaged replaces the data of media between two times.
func damaged(kind media.Kind, from, to time.Duration, change func(n int, data []byte) []byte) func(t *testing.T) []arrival {
	return func(t *testing.T) []arrival {
		n := 0
		return eachMedia(healthy(t), func(a *arrival) {
			if a.pkt.Kind == kind && a.at >= from && a.at < to {
				a.pkt.Data = change(n, bytes.Clone(a.pkt.Data))
				n++
			}
		})
	}
}

// flip changes bits here and there.
func flip(n int, data []byte) []byte {
	for i := 8 + n; i < len(data); i += 97 {
		data[i] ^= 0x24
	}
	return data
}

func garbage(n int, _ []byte) []byte { return bytes.Repeat([]byte{0xde, 0xad, byte(n), 0xef}, 50) }

var damageFaults = []fault{
	// Damage may be concealed: the tile is judged once it is over.
	{name: "8 bit errors", stream: damaged(media.Video, faultAt, 3*time.Second, flip), errors: true, ended: 3 * time.Second, good: 3200 * ms},
	{name: "8 cut NAL units", stream: damaged(media.Video, faultAt, 3*time.Second, func(n int, data []byte) []byte {
		return data[:len(data)*2/3]
	}), errors: true, ended: 3 * time.Second, good: 3200 * ms},
	{name: "8 garbage", stream: damaged(media.Video, faultAt+100*ms, 3500*ms, garbage), errors: true,
		states: []SourceState{Live, Frozen, Live}, seen: []span{{200 * ms, 4 * time.Second}}, ended: 4 * time.Second, good: 4100 * ms},
	{name: "8 an error storm", stream: damaged(media.Video, faultAt, 7*time.Second, garbage), errors: true,
		states: []SourceState{Live, Frozen, AudioOnly, Live},
		seen:   []span{{200 * ms, 3800 * ms}}, gone: []span{{4200 * ms, 6900 * ms}}, ended: 7 * time.Second, good: 7200 * ms},
	{name: "8 garbage for sound", stream: damaged(media.Audio, faultAt, 5*time.Second, garbage), errors: true, good: 200 * ms},
	{name: "8 an absurd size", stream: func(t *testing.T) []arrival {
		all := healthy(t)
		var head arrival
		for _, a := range all {
			if a.link == nil && a.pkt.Config && a.pkt.Kind == media.Video {
				head = a
			}
		}
		huge, good := head, head
		huge.at, good.at = faultAt, 4*time.Second
		huge.pkt.Data = absurdHeader
		return inOrder(append(all, huge, good))
	}, states: []SourceState{Live, Refused, Live}, errors: true,
		gone: []span{{2100 * ms, 3900 * ms}}, ended: 4 * time.Second, good: 4300 * ms},
	{name: "8 AV1", stream: func(t *testing.T) []arrival {
		all := only(t, func(a arrival) bool { return a.pkt.Kind == media.Audio })
		return inOrder(append(all, at(500*ms, func(h rtmp.PullHandler) {
			h.(rtmp.PullNoticer).PullIgnored(media.Video, "video codec av01")
		})))
	}, states: []SourceState{Refused}, gone: []span{{0, faultLength}}},
}

// absurdHeader is the avcC record of a stream of 8176×8176 pixels.
var absurdHeader = []byte{
	1, 100, 0, 52, 0xff, 0xe1, 0, 11,
	0x67, 100, 0, 52, 0b1_010_1_1_0_0, 0b1_011_010_0, 0b00000000, 0b11111111, 0b1_0000000, 0b0_1111111, 0b11_1_1_0_0_1_0,
	1, 0, 4, 0x68, 0xee, 0x3c, 0x80,
}
