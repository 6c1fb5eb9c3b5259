package decode_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
)

func TestMain(m *testing.M) {
	media.QuietNative()
	goleak.VerifyTestMain(m)
}

// liveAtStart makes the test fail if it leaves native objects behind.
func liveAtStart(t testing.TB) {
	t.Helper()
	before := media.Live()
	t.Cleanup(func() {
		if after := media.Live(); after != before {
			t.Errorf("%d native objects alive after the test, %d before", after, before)
		}
	})
}

// clip is a coded stream: a decoder configuration and access units.
type clip struct {
	codec   media.Codec
	config  []byte
	packets []media.Packet
}

// pictures codes n plain pictures of w×h whose luma is 40, 50, 60, …, with a key
// frame every gop pictures, at 10 pictures a second.
func pictures(t testing.TB, w, h, n, gop int) clip {
	t.Helper()
	rate := media.FPS(10)
	v, err := encode.NewVideo(encode.VideoConfig{Width: w, Height: h, FrameRate: rate, Bitrate: 500_000, GOP: rate.Time(int64(gop))})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f, err := media.NewFrame(w, h)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	c := clip{codec: media.CodecH264, config: v.Config()}
	for i := range n {
		f.Fill(luma(i), 128, 128)
		if err := v.Encode(f, int64(i), false, func(p media.Packet) { c.packets = append(c.packets, p) }); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// luma is the grey of picture i of a clip made by pictures.
func luma(i int) byte { return byte(40 + 10*(i%18)) }

// tone codes a 1 kHz sine at half of full scale.
func tone(t testing.TB, rate, channels, blocks int) clip {
	t.Helper()
	a, err := encode.NewAudio(encode.AudioConfig{SampleRate: rate, Channels: channels, Bitrate: rate * channels * 3 / 2})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	c := clip{codec: media.CodecAAC, config: a.Config()}
	emit := func(p media.Packet) { c.packets = append(c.packets, p) }
	pcm := make([]float32, a.FrameSize()*channels)
	for b := range blocks {
		for i := range a.FrameSize() {
			s := float32(0.5 * math.Sin(2*math.Pi*1000*float64(b*a.FrameSize()+i)/float64(rate)))
			for ch := range channels {
				pcm[i*channels+ch] = s
			}
		}
		if err := a.Encode(pcm, emit); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Flush(emit); err != nil {
		t.Fatal(err)
	}
	return c
}

func newVideo(t testing.TB, c clip, o decode.VideoOptions) *decode.Video {
	t.Helper()
	d, err := decode.NewVideo(c.codec, c.config, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func newAudio(t testing.TB, c clip) *decode.Audio {
	t.Helper()
	d, err := decode.NewAudio(c.codec, c.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// seen is what a test remembers of a decoded picture.
type seen struct {
	pts       time.Duration
	w, h      int
	y, cb, cr byte // in the middle
	full      bool
	matrix    media.Matrix
}

// look notes what a picture is like and frees it.
func look(f *media.Frame) seen {
	defer f.Free()
	x, y := f.Width()/2, f.Height()/2
	return seen{
		f.PTS, f.Width(), f.Height(),
		f.Plane(0)[y*f.Stride(0)+x], f.Plane(1)[y/2*f.Stride(1)+x/2], f.Plane(2)[y/2*f.Stride(2)+x/2],
		f.FullRange, f.Matrix,
	}
}

// decodeAll decodes packets that must be good and returns all pictures.
func decodeAll(t testing.TB, d *decode.Video, packets []media.Packet) (all []seen) {
	t.Helper()
	take := func(f *media.Frame) { all = append(all, look(f)) }
	for i, p := range packets {
		if err := d.Decode(p, take); err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
	}
	if err := d.Flush(take); err != nil {
		t.Fatal(err)
	}
	return all
}

func near(a, b byte, tolerance int) bool { return max(int(a)-int(b), int(b)-int(a)) <= tolerance }

// madeByFFmpeg runs the ffmpeg command to make a file of that name and returns its path.
func madeByFFmpeg(t testing.TB, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	p := peers.FFmpeg(t, append(args, "-y", path)...)
	if err := p.Wait(ctx); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, p.Stderr())
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}
