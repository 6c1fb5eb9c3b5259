package encode_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
)

// pictures encodes frames from..to-1, leaving out those that skip says, and returns the
// packets and the numbers of the key frames.
func pictures(t *testing.T, v *encode.Video, f *media.Frame, from, to int, skip func(int) bool) (packets []media.Packet, keys []int) {
	t.Helper()
	for n := from; n < to; n++ {
		if skip(n) {
			continue
		}
		ramp(f, n)
		if err := v.Encode(f, int64(n), false, func(p media.Packet) {
			if p.Key {
				keys = append(keys, n)
			}
			packets = append(packets, p)
		}); err != nil {
			t.Fatalf("frame %d: %v", n, err)
		}
	}
	return packets, keys
}

func never(int) bool { return false }

// Less effort and back: the decoder that was made of the first configuration decodes all
// of it, key frames come when they would have come, and it really is another encoder.
func TestEaseChangesNothingButTheEffort(t *testing.T) {
	for _, preset := range encode.Presets() {
		t.Run(preset, func(t *testing.T) {
			liveAtStart(t)
			cfg := encode.VideoConfig{Width: 320, Height: 240, FrameRate: media.FPS(10), Bitrate: 400_000, Preset: preset}
			v, err := encode.NewVideo(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			plain, err := encode.NewVideo(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer plain.Close()
			f, err := media.NewFrame(320, 240)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Free()
			config := slices.Clone(v.Config())

			packets, keys := pictures(t, v, f, 0, 15, never)
			v.Ease(true)
			eased, more := pictures(t, v, f, 15, 45, never)
			v.Ease(false)
			last, end := pictures(t, v, f, 45, 70, never)
			packets, keys = slices.Concat(packets, eased, last), slices.Concat(keys, more, end)
			if want := []int{0, 20, 40, 60}; !slices.Equal(keys, want) {
				t.Errorf("key frames at %v, want %v", keys, want)
			}
			if !bytes.Equal(v.Config(), config) {
				t.Errorf("the configuration became %x, it was %x", v.Config(), config)
			}
			reference, _ := pictures(t, plain, f, 0, 70, never)
			same := func(i int) bool { return bytes.Equal(packets[i].Data, reference[i].Data) }
			if !same(0) || !same(19) {
				t.Error("the pictures before the key frame changed too")
			}
			if preset != "ultrafast" && same(20) && same(25) {
				t.Error("the pictures are encoded as before")
			}
			if got := decodeAll(t, config, packets); got != 70 {
				t.Errorf("%d of 70 pictures could be decoded", got)
			}
		})
	}
}

// Where every second frame is left out the GOP is as long as ever in time.
func TestGOPsKeepTheirLengthAtHalfTheRate(t *testing.T) {
	liveAtStart(t)
	v, err := encode.NewVideo(encode.VideoConfig{Width: 160, Height: 120, FrameRate: media.FPS(10), Bitrate: 300_000})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f, err := media.NewFrame(160, 120)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	packets, keys := pictures(t, v, f, 0, 80, func(n int) bool { return n%2 == 1 })
	if want := []int{0, 20, 40, 60}; !slices.Equal(keys, want) {
		t.Errorf("key frames at %v, want %v", keys, want)
	}
	if got := decodeAll(t, v.Config(), packets); got != 40 {
		t.Errorf("%d of 40 pictures could be decoded", got)
	}
}

func decodeAll(t *testing.T, config []byte, packets []media.Packet) (n int) {
	t.Helper()
	d, err := decode.NewVideo(media.CodecH264, config, decode.VideoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	count := func(f *media.Frame) { f.Free(); n++ }
	for _, p := range packets {
		if err := d.Decode(p, count); err != nil {
			t.Fatalf("at %v: %v", p.PTS, err)
		}
	}
	if err := d.Flush(count); err != nil {
		t.Fatal(err)
	}
	return n
}
