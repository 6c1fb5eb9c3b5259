package decode_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

func TestVideoRefusesCodecsThatAreNotPictures(t *testing.T) {
	liveAtStart(t)
	for _, c := range []media.Codec{media.CodecNone, media.CodecAAC, media.Codec(200)} {
		if d, err := decode.NewVideo(c, nil, decode.VideoOptions{}); !errors.Is(err, decode.ErrUnsupported) {
			d.Close()
			t.Errorf("%s: error %v, want ErrUnsupported", c, err)
		}
	}
}

func TestVideoRefusesGarbageConfigurations(t *testing.T) {
	liveAtStart(t)
	good := pictures(t, 64, 48, 1, 1).config
	for name, config := range map[string][]byte{
		"one byte":   {1},
		"cut avcC":   good[:9],
		"only avcC":  good[:6],
		"long claim": append(append([]byte{}, good[:6]...), 0xff, 0xff, 0x67),
	} {
		if d, err := decode.NewVideo(media.CodecH264, config, decode.VideoOptions{}); !errors.Is(err, decode.ErrConfig) {
			d.Close()
			t.Errorf("%s: error %v, want ErrConfig", name, err)
		}
	}
}

func TestVideoGoesOnAtTheNextKeyFrameAfterGarbage(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 64, 48, 10, 5)
	garbage := map[string][]byte{
		"empty":       {},
		"one byte":    {7},
		"random":      bytes.Repeat([]byte{0xde, 0xad, 0xbe, 0xef}, 64),
		"all ones":    bytes.Repeat([]byte{0xff}, 300),
		"long length": {0x7f, 0xff, 0xff, 0xff, 0x65, 1, 2, 3},
		"cut":         c.packets[0].Data[:len(c.packets[0].Data)/3],
		"9 MiB":       make([]byte, 9<<20),
	}
	for name, data := range garbage {
		t.Run(name, func(t *testing.T) {
			d := newVideo(t, c, decode.VideoOptions{})
			var got []seen
			take := func(f *media.Frame) { got = append(got, look(f)) }
			if err := d.Decode(c.packets[0], take); err != nil {
				t.Fatal(err)
			}
			bad := c.packets[1]
			bad.Data = data
			for range 3 {
				// A cut slice may be concealed; anything else is an error.
				if err := d.Decode(bad, take); name != "cut" && !errors.Is(err, decode.ErrData) {
					t.Errorf("error %v, want ErrData", err)
				}
			}
			got = nil
			for _, p := range c.packets[5:] {
				if err := d.Decode(p, take); err != nil {
					t.Fatalf("after the garbage: %v", err)
				}
			}
			if len(got) != 5 {
				t.Fatalf("%d pictures after the next key frame, want 5", len(got))
			}
			for i, s := range got {
				if s.pts != c.packets[5+i].PTS || !near(s.y, luma(5+i), 3) {
					t.Errorf("picture %d: %+v, want luma %d at %v", i, s, luma(5+i), c.packets[5+i].PTS)
				}
			}
		})
	}
}

func TestVideoBeyondMaxPixelsIsAnError(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 320, 240, 1, 1)
	d, err := decode.NewVideo(c.codec, c.config, decode.VideoOptions{MaxPixels: 319 * 240})
	if err != nil {
		if !errors.Is(err, decode.ErrConfig) {
			t.Fatalf("error %v, want ErrConfig", err)
		}
		return // the header says it already
	}
	defer d.Close()
	err = d.Decode(c.packets[0], func(f *media.Frame) {
		t.Errorf("a picture of %d×%d came out", f.Width(), f.Height())
		f.Free()
	})
	if !errors.Is(err, decode.ErrData) {
		t.Errorf("error %v, want ErrData", err)
	}
}

func TestVideoChangesItsSizeWithItsParameterSets(t *testing.T) {
	liveAtStart(t)
	small, large := pictures(t, 64, 48, 3, 3), pictures(t, 128, 160, 3, 3)
	// A sender that changes its size in mid-stream sends a new header; some put the
	// parameter sets into the access unit instead, or as well.
	inBand := large.packets[0]
	inBand.Data = append(parameterSets(t, large.config), inBand.Data...)
	d := newVideo(t, small, decode.VideoOptions{})
	got := decodeAll(t, d, append(append([]media.Packet{}, small.packets...), inBand, large.packets[1], large.packets[2]))
	if len(got) != 6 {
		t.Fatalf("%d pictures, want 6", len(got))
	}
	for i, s := range got {
		w, h := 64, 48
		if i >= 3 {
			w, h = 128, 160
		}
		if s.w != w || s.h != h || !near(s.y, luma(i%3), 3) {
			t.Errorf("picture %d is %d×%d with luma %d, want %d×%d with %d", i, s.w, s.h, s.y, w, h, luma(i%3))
		}
	}
	// And each header makes a decoder of its own.
	for _, c := range []clip{small, large, small} {
		if got := decodeAll(t, newVideo(t, c, decode.VideoOptions{}), c.packets); len(got) != 3 {
			t.Errorf("%d pictures, want 3", len(got))
		}
	}
}

// parameterSets returns the SPS and PPS of an avcC record, length-prefixed.
func parameterSets(t *testing.T, avcC []byte) (out []byte) {
	t.Helper()
	rest := avcC[5:]
	for range 2 { // one SPS, then one PPS
		n := int(binary.BigEndian.Uint16(rest[1:]))
		out = binary.BigEndian.AppendUint32(out, uint32(n))
		out = append(out, rest[3:3+n]...)
		rest = rest[3+n:]
	}
	return out
}

func TestVideoFlushLeavesADecoderThatStartsAgain(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 64, 48, 4, 4)
	d := newVideo(t, c, decode.VideoOptions{})
	for range 3 {
		if got := decodeAll(t, d, c.packets); len(got) != 4 {
			t.Errorf("%d pictures, want 4", len(got))
		}
	}
	d.Close()
	d.Close()
}

// The colour that ffmpeg is asked for must be what the picture's samples mean by
// its own range and matrix, whatever the pixel format that it came in.
func TestVideoKeepsTheColourOfEveryFormat(t *testing.T) {
	red, green, blue := 0.85, 0.30, 0.15
	for _, tt := range []struct {
		format, matrix, rng string
		wantFull            bool
		wantMatrix          media.Matrix
	}{
		{"yuv420p", "bt709", "tv", false, media.BT709},
		{"yuv420p", "smpte170m", "tv", false, media.BT601},
		{"yuvj420p", "bt709", "pc", true, media.BT709},
		{"yuvj420p", "smpte170m", "pc", true, media.BT601},
		{"yuv422p", "bt709", "tv", false, media.BT709},
		{"yuv422p10le", "smpte170m", "tv", false, media.BT601},
		{"yuv420p10le", "bt709", "tv", false, media.BT709},
		{"yuv420p10le", "bt709", "pc", true, media.BT709},
		{"yuvj422p", "bt709", "pc", true, media.BT709},
		{"yuv444p", "bt709", "tv", false, media.BT709},
		{"yuvj444p", "smpte170m", "pc", true, media.BT601},
		{"gbrp", "", "pc", false, media.BT601},
	} {
		t.Run(fmt.Sprintf("%s %s %s", tt.format, tt.matrix, tt.rng), func(t *testing.T) {
			liveAtStart(t)
			args := []string{"-f", "lavfi", "-i", "color=c=0xD94D26:s=128x96:r=10:d=0.3,format=gbrp", "-qp", "10"}
			if tt.format == "gbrp" {
				args = append(args, "-c:v", "libx264rgb", "-pix_fmt", "bgr24")
			} else {
				scaleMatrix := map[string]string{"bt709": "bt709", "smpte170m": "bt601"}[tt.matrix]
				args = append(args, "-vf", "scale=out_color_matrix="+scaleMatrix+":out_range="+tt.rng+",format="+tt.format,
					"-c:v", "libx264", "-colorspace", tt.matrix, "-color_range", tt.rng)
			}
			got := decodeFile(t, madeByFFmpeg(t, "colour.mkv", args...))
			if len(got) != 3 {
				t.Fatalf("%d pictures, want 3", len(got))
			}
			s := got[1]
			if s.matrix != tt.wantMatrix || s.full != tt.wantFull {
				t.Errorf("matrix %v, full range %v; want %v, %v", s.matrix, s.full, tt.wantMatrix, tt.wantFull)
			}
			r, g, b := s.rgb()
			if math.Abs(r-red)+math.Abs(g-green)+math.Abs(b-blue) > 0.05 {
				t.Errorf("colour is %.2f %.2f %.2f, want %.2f %.2f %.2f (%+v)", r, g, b, red, green, blue, s)
			}
		})
	}
}

// rgb reads the samples as their range and matrix say.
func (s seen) rgb() (r, g, b float64) {
	y, cb, cr := (float64(s.y)-16)/219, (float64(s.cb)-128)/224, (float64(s.cr)-128)/224
	if s.full {
		y, cb, cr = float64(s.y)/255, (float64(s.cb)-128)/255, (float64(s.cr)-128)/255
	}
	kr, kb := 0.2126, 0.0722 // ITU-R BT.709
	if s.matrix == media.BT601 {
		kr, kb = 0.299, 0.114
	}
	r = y + 2*(1-kr)*cr
	b = y + 2*(1-kb)*cb
	return r, (y - kr*r - kb*b) / (1 - kr - kb), b
}

func TestVideoOfOddSizeThatMustBeConverted(t *testing.T) {
	liveAtStart(t)
	path := madeByFFmpeg(t, "odd.mkv", "-f", "lavfi", "-i", "color=c=gray:s=97x55:r=10:d=0.3,format=yuv444p", "-c:v", "libx264")
	for _, s := range decodeFile(t, path) {
		if s.w != 96 || s.h != 54 {
			t.Errorf("picture is %d×%d, want 96×54", s.w, s.h)
		}
	}
}

func TestVideoReordersBFrames(t *testing.T) {
	liveAtStart(t)
	path := madeByFFmpeg(t, "b.flv", "-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=1,format=yuv420p", "-c:v", "libx264", "-bf", "3", "-b_strategy", "0")
	got := decodeFile(t, path)
	if len(got) != 25 {
		t.Fatalf("%d pictures, want 25", len(got))
	}
	for i := 1; i < len(got); i++ {
		if got[i].pts <= got[i-1].pts {
			t.Errorf("picture %d at %v after %v", i, got[i].pts, got[i-1].pts)
		}
	}
}

func TestVideoReadsHEVC(t *testing.T) {
	liveAtStart(t)
	path := madeByFFmpeg(t, "h.mp4", "-f", "lavfi", "-i", "color=c=gray:s=128x96:r=10:d=0.5,format=yuv420p", "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1")
	f := openFile(t, path)
	head, err := f.Read()
	if err != nil {
		t.Fatal(err)
	}
	if head.Codec != media.CodecHEVC || !head.Config {
		t.Fatalf("first packet is %+v, want an HEVC configuration", head)
	}
	// The record alone is enough, as it comes by enhanced RTMP.
	got := decodeAll(t, newVideo(t, clip{codec: head.Codec, config: head.Data}, decode.VideoOptions{}), readAll(t, f, media.Video))
	if len(got) != 5 {
		t.Errorf("%d pictures, want 5", len(got))
	}
}
