package decode_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// heard is decoded sound: interleaved stereo at 48 kHz.
type heard struct {
	pcm   []float32
	start time.Duration
	gap   time.Duration // the largest between where a block ended and the next began
}

// hear decodes packets that must be good.
func hear(t testing.TB, d *decode.Audio, packets []media.Packet) (h heard) {
	t.Helper()
	for i, p := range packets {
		if err := d.Decode(p, h.take); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
	}
	return h
}

func (h *heard) take(pts time.Duration, pcm []float32) {
	if len(h.pcm) == 0 {
		h.start = pts
	}
	gap := pts - h.start - h.length()
	h.gap = max(h.gap, gap, -gap)
	h.pcm = append(h.pcm, pcm...)
}

func (h heard) length() time.Duration { return media.SampleTime(int64(len(h.pcm) / media.Channels)) }

// rms returns the root mean square of the middle of the sound.
func (h heard) rms() float64 {
	part := h.pcm[len(h.pcm)/4 : 3*len(h.pcm)/4]
	var sum float64
	for _, s := range part {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(part)))
}

// wantTone fails the test unless the middle of both channels is mostly a sine of
// that frequency in hertz.
func (h heard) wantTone(t testing.TB, frequency float64) {
	t.Helper()
	n := len(h.pcm) / media.Channels
	from, to := n/4, 3*n/4
	for ch := range media.Channels {
		var re, im, power float64
		for i := from; i < to; i++ {
			s := float64(h.pcm[i*media.Channels+ch])
			sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / media.SampleRate)
			re, im, power = re+s*cos, im+s*sin, power+s*s
		}
		// The share of the power that the sine has: 1 for nothing else.
		if share := 2 * (re*re + im*im) / (float64(to-from) * power); power == 0 || share < 0.9 {
			t.Errorf("channel %d: share of %v Hz is %.2f, power %v", ch, frequency, share, power)
		}
	}
}

func TestAudioRefusesWhatIsNotAAC(t *testing.T) {
	liveAtStart(t)
	for _, c := range []media.Codec{media.CodecNone, media.CodecH264, media.Codec(99)} {
		if d, err := decode.NewAudio(c, []byte{0x11, 0x90}); !errors.Is(err, decode.ErrUnsupported) {
			d.Close()
			t.Errorf("%s: error %v, want ErrUnsupported", c, err)
		}
	}
	for _, config := range [][]byte{nil, {0x11}, {0xff, 0xff}, {0, 0}, bytes.Repeat([]byte{0xff}, 64)} {
		d, err := decode.NewAudio(media.CodecAAC, config)
		d.Close()
		if !errors.Is(err, decode.ErrConfig) {
			t.Errorf("% x: error %v, want ErrConfig", config, err)
		}
	}
}

func TestAudioOfEveryRateComesOutAt48kHzStereo(t *testing.T) {
	for _, c := range []struct{ rate, channels int }{{16000, 1}, {22050, 1}, {44100, 1}, {44100, 2}, {48000, 1}, {48000, 2}, {96000, 2}} {
		t.Run(fmt.Sprint(c.rate, "/", c.channels), func(t *testing.T) {
			liveAtStart(t)
			blocks := c.rate / 1024
			clip := tone(t, c.rate, c.channels, blocks)
			h := hear(t, newAudio(t, clip), clip.packets)
			want := time.Duration(len(clip.packets)*1024) * time.Second / time.Duration(c.rate)
			if off := h.length() - want; off < -3*time.Millisecond || off > time.Millisecond {
				t.Errorf("%v of sound, want %v", h.length(), want)
			}
			if h.gap > time.Millisecond {
				t.Errorf("blocks are up to %v from where they belong", h.gap)
			}
			h.wantTone(t, 1000)
			// Mono is as loud on both sides as it was: a sine of 0.5 has an RMS of 0.354.
			if rms := h.rms(); rms < 0.33 || rms > 0.37 {
				t.Errorf("RMS %.3f, want 0.354", rms)
			}
		})
	}
}

// HE-AAC with implicit signalling: the configuration says plain AAC at half of the
// rate, and the decoder finds the rest in the packets. Without an encoder for it
// here the explicit header is what can be shown: object type 5, 24 kHz core, 48 kHz.
func TestAudioAcceptsAnHEAACHeader(t *testing.T) {
	liveAtStart(t)
	core := tone(t, 24000, 1, 24)
	// audioObjectType 5, core 24 kHz (6), mono, extension 48 kHz (3), object type 2.
	core.config = []byte{0x2b, 0x09, 0x88, 0x00}
	h := hear(t, newAudio(t, core), core.packets)
	want := time.Duration(len(core.packets)*1024) * time.Second / 24000
	if off := h.length() - want; off < -3*time.Millisecond || off > time.Millisecond {
		t.Errorf("%v of sound, want %v", h.length(), want)
	}
	h.wantTone(t, 1000)
}

func TestAudioGoesOnAfterGarbage(t *testing.T) {
	liveAtStart(t)
	c := tone(t, 48000, 2, 40)
	d := newAudio(t, c)
	hear(t, d, c.packets[:10])
	for _, data := range [][]byte{{}, bytes.Repeat([]byte{0xff}, 500), bytes.Repeat([]byte{0xa5, 0x3c}, 100), make([]byte, 9<<20)} {
		bad := c.packets[10]
		bad.Data = data
		if err := d.Decode(bad, func(time.Duration, []float32) {}); !errors.Is(err, decode.ErrData) {
			t.Errorf("%d bytes of garbage: error %v, want ErrData", len(data), err)
		}
	}
	h := hear(t, d, c.packets[11:])
	h.wantTone(t, 1000)
	d.Close()
	d.Close()
}
