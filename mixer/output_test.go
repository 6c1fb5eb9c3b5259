package mixer

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

// Whatever the frame rate, the encoders' delay and the order of the ticks, packets
// leave in the order of their DTS, each once.
func TestInterleaverKeepsTheOrderOfDTS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := media.FrameRate{
			Num: rapid.SampledFrom([]int{1000, 10000, 15000, 24000, 25000, 30000, 60000}).Draw(t, "num"),
			Den: rapid.SampledFrom([]int{1000, 1001}).Draw(t, "den"),
		}
		delay := rapid.Int64Range(0, 2).Draw(t, "audio delay in blocks")
		blocks := rapid.Int64Range(1, 200).Draw(t, "blocks")
		var l interleaver
		var out []media.Packet
		emit := func(p media.Packet) { out = append(out, p) }
		audio := func(block int64) {
			at := media.SampleTime(block * 1024)
			l.addAudio(media.Packet{Kind: media.Audio, DTS: at, PTS: at}, 1024, emit)
		}
		frame, given := int64(0), int64(0)
		for block := range blocks {
			// A block is mixed when its last sample is due; pictures due before it are out.
			for rate.Time(frame) <= media.SampleTime((block+1)*1024) {
				at := rate.Time(frame)
				l.addVideo(media.Packet{Kind: media.Video, DTS: at, PTS: at}, emit)
				frame++
			}
			if block >= delay {
				audio(given)
				given++
			}
		}
		for ; given < blocks; given++ {
			audio(given) // the encoder is flushed
		}
		l.flush(emit)

		next := [2]int64{}
		for i, p := range out {
			want := rate.Time(next[media.Video])
			if p.Kind == media.Audio {
				want = media.SampleTime(next[media.Audio] * 1024)
			}
			next[p.Kind]++
			if p.DTS != want {
				t.Fatalf("%v %d at %v, want %v", p.Kind, next[p.Kind]-1, p.DTS, want)
			}
			if i > 0 && p.DTS < out[i-1].DTS {
				t.Fatalf("%v at %v after %v at %v", p.Kind, p.DTS, out[i-1].Kind, out[i-1].DTS)
			}
		}
		if next[media.Video] != frame || next[media.Audio] != blocks {
			t.Fatalf("%d pictures and %d blocks came out, want %d and %d", next[media.Video], next[media.Audio], frame, blocks)
		}
	})
}

// Without sound pictures do not pile up.
func TestInterleaverBoundsWhatWaits(t *testing.T) {
	var l interleaver
	n := int64(0)
	for i := range int64(1000) {
		l.addVideo(media.Packet{DTS: media.FPS(30).Time(i)}, func(p media.Packet) {
			if p.DTS != media.FPS(30).Time(n) {
				t.Fatalf("picture at %v, want %d", p.DTS, n)
			}
			n++
		})
	}
	if n != 1000-maxHeld || len(l.video) != maxHeld {
		t.Errorf("%d pictures came out, %d wait", n, len(l.video))
	}
}
