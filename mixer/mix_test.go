package mixer

import (
	"bytes"
	"image"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// Between which session times the second of three participants must be seen, and
// between which its tone must be heard, whatever happens to its stream. The two
// others must be seen and heard all the time, and the output must not miss a beat.
func TestMixIsUnmovedByWhatHappensToOneSource(t *testing.T) {
	liveAtStart(t)
	whole := guest{number: 2, to: 6 * time.Second}
	for _, tt := range []struct {
		name         string
		d            time.Duration
		packets      func(t *testing.T) []media.Packet
		seen, heard  [2]time.Duration
		behind       [2]time.Duration // its clock may stand still between these
		unjudged     [2]time.Duration // its picture may be damaged between these
		wantState    SourceState      // at the end
		decodeErrors bool
	}{
		{
			name: "healthy", d: 2 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets:   func(t *testing.T) []media.Packet { return whole.stream(t) },
			wantState: Live,
		},
		{
			name: "other rate and size", d: 2 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return guest{number: 2, w: 320, h: 180, fps: 25, to: 3 * time.Second}.stream(t)
			},
			wantState: Live,
		},
		{
			name: "ends early", d: 5 * time.Second, seen: [2]time.Duration{0, 4450 * ms}, heard: [2]time.Duration{0, 1500 * ms},
			packets: func(t *testing.T) []media.Packet { return guest{number: 2, to: 1500 * ms}.stream(t) },
			behind:  [2]time.Duration{1400 * ms, time.Hour}, wantState: Stalled,
		},
		{
			name: "starts late", d: 3 * time.Second, seen: [2]time.Duration{time.Second, time.Hour}, heard: [2]time.Duration{time.Second, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return guest{number: 2, from: time.Second, to: 4 * time.Second}.stream(t)
			},
			wantState: Live,
		},
		{
			name: "gap", d: 4 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return without(whole.stream(t), func(p media.Packet) bool {
					return p.Kind == media.Video && p.DTS >= time.Second && p.DTS < 2*time.Second
				})
			},
			behind: [2]time.Duration{900 * ms, 2 * time.Second}, wantState: Live,
		},
		{
			name: "no sound", d: 2 * time.Second, seen: [2]time.Duration{0, time.Hour},
			packets:   func(t *testing.T) []media.Packet { return guest{number: 2, to: 3 * time.Second, dumb: true}.stream(t) },
			wantState: Live,
		},
		{
			name: "no picture", d: 3 * time.Second, heard: [2]time.Duration{0, time.Hour},
			packets:   func(t *testing.T) []media.Packet { return guest{number: 2, to: 4 * time.Second, blind: true}.stream(t) },
			wantState: AudioOnly,
		},
		{
			name: "nothing", d: time.Second,
			packets:   func(*testing.T) []media.Packet { return nil },
			wantState: Connecting,
		},
		{
			name: "changes its size", d: 3 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				first := guest{number: 2, to: time.Second}.stream(t)
				return append(first, guest{number: 2, w: 320, h: 180, from: time.Second, to: 4 * time.Second}.stream(t)...)
			},
			wantState: Live,
		},
		{
			name: "garbage pictures", d: 3 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return damage(whole.stream(t), media.Video, 1200*ms, 1500*ms, bytes.Repeat([]byte{0xff, 0x00, 0x37}, 40))
			},
			unjudged: [2]time.Duration{1150 * ms, 2 * time.Second}, wantState: Live, decodeErrors: true,
		},
		{
			name: "garbage sound", d: 3 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, 1100 * ms},
			packets: func(t *testing.T) []media.Packet {
				return damage(whole.stream(t), media.Audio, 1200*ms, time.Hour, bytes.Repeat([]byte{0xff}, 40))
			},
			wantState: Live, decodeErrors: true,
		},
		{
			name: "garbage headers", d: 2 * time.Second, seen: [2]time.Duration{0, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return damageHeads(whole.stream(t), time.Second)
			},
			wantState: Live, decodeErrors: true,
		},
		{
			name: "does not begin with a key frame", d: 3 * time.Second, seen: [2]time.Duration{time.Second, time.Hour}, heard: [2]time.Duration{0, time.Hour},
			packets: func(t *testing.T) []media.Packet {
				return without(whole.stream(t), func(p media.Packet) bool { return p.Kind == media.Video && !p.Config && p.DTS == 0 })
			},
			wantState: Live,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := setTheatre(t, tt.d,
				newScript(guest{number: 1, to: 6 * time.Second}.stream(t)...),
				newScript(tt.packets(t)...),
				newScript(guest{number: 3, to: 6 * time.Second}.stream(t)...))
			s := st.start()
			<-s.Done()
			if err := s.Err(); err != nil {
				t.Fatal(err)
			}
			tape := st.tapes["tape"]
			tape.cadence(t, tt.d)

			all := rects(t, st.spec, 1, 2, 3)
			for _, sh := range tape.shots(t) {
				if within(sh.at, tt.unjudged) {
					continue
				}
				want := map[int]image.Rectangle{1: all[1], 3: all[3]}
				if within(sh.at, tt.seen) {
					want[2] = all[2]
				}
				if wrong := sh.misplaced(want); wrong != "" {
					t.Errorf("at %v: %s", sh.at, wrong)
				}
				for number, tile := range sh.tiles {
					// The nearest picture: half of the longer frame time, and rounding.
					off := abs(pattern.ClockDifference(tile.Clock, sh.at))
					if off > 35*ms && (number != 2 || !within(sh.at, tt.behind)) {
						t.Errorf("at %v the clock of %d says %v", sh.at, number, tile.Clock)
					}
				}
			}
			pcm := tape.sound(t)
			for at := 200 * ms; at+700*ms <= tt.d-100*ms; at += time.Second {
				for number := 1; number <= 3; number++ {
					level := toneDB(pcm, number, at, at+700*ms)
					want := number != 2 || within(at, tt.heard) && within(at+700*ms, tt.heard)
					silent := number == 2 && !within(at, tt.heard) && !within(at+700*ms, tt.heard)
					if want && (level < pattern.ToneLevel-1.5 || level > pattern.ToneLevel+1.5) || silent && level > -60 {
						t.Errorf("from %v on the tone of %d has %.1f dBFS (heard: %v)", at, number, level, want)
					}
				}
			}
			for _, src := range s.Stats().Sources {
				if src.Name != "b" {
					continue
				}
				if src.State != tt.wantState {
					t.Errorf("state at the end is %v, want %v", src.State, tt.wantState)
				}
				if (src.DecodeErrors > 0) != tt.decodeErrors {
					t.Errorf("%d decoding errors", src.DecodeErrors)
				}
			}
		})
	}
}

func within(at time.Duration, span [2]time.Duration) bool { return at >= span[0] && at < span[1] }

func without(packets []media.Packet, gone func(media.Packet) bool) (rest []media.Packet) {
	for _, p := range packets {
		if !gone(p) {
			rest = append(rest, p)
		}
	}
	return rest
}

// damage replaces what packets of a kind hold between two times.
func damage(packets []media.Packet, kind media.Kind, from, to time.Duration, data []byte) []media.Packet {
	for i, p := range packets {
		if p.Kind == kind && !p.Config && p.DTS >= from && p.DTS < to {
			packets[i].Data = data
		}
	}
	return packets
}

// damageHeads puts headers of garbage into the stream.
func damageHeads(packets []media.Packet, at time.Duration) (out []media.Packet) {
	done := false
	for _, p := range packets {
		if p.DTS >= at && !done {
			done = true
			for _, data := range [][]byte{nil, {1}, bytes.Repeat([]byte{0xff}, 100)} {
				out = append(out,
					media.Packet{Kind: media.Video, Codec: media.CodecH264, Config: true, Data: data},
					media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Config: true, Data: data},
					media.Packet{Kind: media.Video, Codec: media.CodecNone, Config: true, Data: data})
			}
		}
		out = append(out, p)
	}
	return out
}

// The same inputs make the same packets, to the byte, and no time of day is in them.
func TestMixIsTheSameOnEveryRun(t *testing.T) {
	one, two := guest{number: 1, to: 3 * time.Second}.stream(t), guest{number: 2, fps: 24, w: 320, h: 180, to: 2 * time.Second}.stream(t)
	var first []media.Packet
	for n := range 3 {
		st := newTheatre(t, 0, newScript(one...), newScript(two...))
		st.opts.UntilSourcesEnd = true
		got := st.play().packets
		if n == 0 {
			first = got
			continue
		}
		if len(got) != len(first) {
			t.Fatalf("run %d has %d packets, the first %d", n, len(got), len(first))
		}
		for i, p := range got {
			if p.DTS != first[i].DTS || p.Kind != first[i].Kind || !bytes.Equal(p.Data, first[i].Data) {
				t.Fatalf("run %d: %v at %v is not that of the first", n, p.Kind, p.DTS)
			}
		}
	}
}

func TestMixOfSixShowsAndPlaysAllOfThem(t *testing.T) {
	var feeds []Feed
	for n := 1; n <= 6; n++ {
		feeds = append(feeds, newScript(guest{number: n, to: 1500 * ms}.stream(t)...))
	}
	st := newTheatre(t, 1200*ms, feeds...)
	st.spec.Video.Width, st.spec.Video.Height = 360, 640
	tape := st.play()
	tape.cadence(t, 1200*ms)
	want := rects(t, st.spec, 1, 2, 3, 4, 5, 6)
	for _, sh := range tape.shots(t) {
		if wrong := sh.misplaced(want); wrong != "" {
			t.Errorf("at %v: %s", sh.at, wrong)
		}
	}
	pcm := tape.sound(t)
	for n := 1; n <= 6; n++ {
		if level := toneDB(pcm, n, 200*ms, 900*ms); level < pattern.ToneLevel-1.5 || level > pattern.ToneLevel+1.5 {
			t.Errorf("the tone of %d has %.1f dBFS, want %.1f: not divided by the number of inputs", n, level, pattern.ToneLevel)
		}
	}
}

// A mix of nobody is a picture of the background and silence, on time.
func TestMixOfNobody(t *testing.T) {
	st := newTheatre(t, time.Second)
	tape := st.play()
	tape.cadence(t, time.Second)
	for _, sh := range tape.shots(t) {
		if len(sh.tiles) != 0 {
			t.Errorf("at %v somebody is seen", sh.at)
		}
	}
	st = newTheatre(t, 0)
	st.opts.UntilSourcesEnd = true
	st.play() // ends at once
}
