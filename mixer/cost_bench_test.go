package mixer

import (
	"flag"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
)

var costClip = flag.String("cost-clip", "", "file with pictures of a camera that BenchmarkCost decodes and encodes (default: a test pattern, which costs less)")

// BenchmarkCost measures the coefficients of package admission: what a pixel costs to
// decode and to encode. A core of one's own is a must, and so are pictures of a camera:
//
//	go test ./mixer -run xxx -bench Cost -cost-clip FILE
func BenchmarkCost(b *testing.B) {
	path := *costClip
	if path == "" {
		path = guest{number: 1, w: 640, h: 360, fps: 30, to: 4 * time.Second}.file(b, "pattern.flv")
	}
	for name, deblocking := range map[string]bool{"decode": true, "decode/coarse": false} {
		b.Run(name, func(b *testing.B) {
			n, pixels := 0, 0
			for b.Loop() {
				n += filmed(b, path, deblocking, func(f *media.Frame) { pixels = f.Width() * f.Height(); f.Free() })
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*pixels), "ns/pixel")
		})
	}
	var frames []*media.Frame
	filmed(b, path, true, func(f *media.Frame) {
		if len(frames) == 90 {
			f.Free()
			return
		}
		frames = append(frames, f)
	})
	defer func() {
		for _, f := range frames {
			f.Free()
		}
	}()
	w, h := frames[0].Width(), frames[0].Height()
	for _, preset := range encode.Presets() {
		b.Run("encode/"+preset, func(b *testing.B) {
			v, err := encode.NewVideo(encode.VideoConfig{Width: w, Height: h, FrameRate: media.FPS(30), Bitrate: w * h * 27 / 10, Preset: preset})
			if err != nil {
				b.Fatal(err)
			}
			defer v.Close()
			n := 0
			for b.Loop() {
				if err := v.Encode(frames[n%len(frames)], int64(n), false, func(media.Packet) {}); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*w*h), "ns/pixel")
		})
	}
}

// filmed decodes a file's pictures and returns how many there were.
func filmed(b *testing.B, path string, deblocking bool, emit func(*media.Frame)) (n int) {
	b.Helper()
	file, err := decode.OpenFile(path)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	v, err := file.NewVideo(decode.VideoOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	v.SetDeblocking(deblocking)
	for {
		p, err := file.Read()
		if err != nil {
			return n
		}
		if p.Kind != media.Video || p.Config {
			continue
		}
		if err := v.Decode(p, func(f *media.Frame) { n++; emit(f) }); err != nil {
			b.Fatal(err)
		}
	}
}
