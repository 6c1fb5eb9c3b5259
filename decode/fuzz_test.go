package decode_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// fuzzOptions keep a hostile stream from asking for gigabytes.
var fuzzOptions = decode.VideoOptions{MaxPixels: 640 * 640}

// FuzzVideoDecode feeds bytes from outside to a video decoder that has a good
// header, and then a good key frame, which must come out whole.
func FuzzVideoDecode(f *testing.F) {
	c := pictures(f, 64, 48, 4, 2)
	for _, p := range c.packets {
		f.Add(p.Data)
	}
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 1, 0x67})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		liveAtStart(t)
		d := newVideo(t, c, fuzzOptions)
		free := func(f *media.Frame) { f.Free() }
		p := c.packets[1]
		p.Data = data
		for range 2 {
			if err := d.Decode(p, free); err != nil && !errors.Is(err, decode.ErrData) && !errors.Is(err, decode.ErrUnsupported) {
				t.Fatalf("error %v is not of this package", err)
			}
		}
		if err := d.Flush(free); err != nil && !errors.Is(err, decode.ErrData) && !errors.Is(err, decode.ErrUnsupported) {
			t.Fatalf("flush: %v", err)
		}
	})
}

// FuzzVideoConfig makes a decoder of a header from outside and feeds it a picture.
func FuzzVideoConfig(f *testing.F) {
	c := pictures(f, 64, 48, 1, 1)
	f.Add(c.config, false)
	f.Add(c.config[:len(c.config)-3], false)
	f.Add([]byte{1, 2, 3}, true)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, config []byte, hevc bool) {
		liveAtStart(t)
		codec := media.CodecH264
		if hevc {
			codec = media.CodecHEVC
		}
		d, err := decode.NewVideo(codec, config, fuzzOptions)
		if err != nil {
			if !errors.Is(err, decode.ErrConfig) {
				t.Fatalf("error %v, want ErrConfig", err)
			}
			return
		}
		defer d.Close()
		_ = d.Decode(c.packets[0], func(f *media.Frame) { f.Free() }) // any error will do
		_ = d.Flush(func(f *media.Frame) { f.Free() })
	})
}

// FuzzAudioConfig makes a sound decoder of a header from outside and feeds it bytes
// from outside: what comes out is bounded.
func FuzzAudioConfig(f *testing.F) {
	c := tone(f, 16000, 1, 4)
	f.Add(c.config, c.packets[1].Data)
	f.Add([]byte{0x2b, 0x09, 0x88, 0}, c.packets[2].Data)
	f.Add([]byte{0xff, 0xff, 0xff}, []byte{0xff})
	f.Fuzz(func(t *testing.T, config, data []byte) {
		liveAtStart(t)
		d, err := decode.NewAudio(media.CodecAAC, config)
		if err != nil {
			if !errors.Is(err, decode.ErrConfig) {
				t.Fatalf("error %v, want ErrConfig", err)
			}
			return
		}
		defer d.Close()
		for range 2 {
			_ = d.Decode(media.Packet{Kind: media.Audio, Data: data}, func(_ time.Duration, pcm []float32) {
				if len(pcm)%media.Channels != 0 || len(pcm) > media.SampleRate*media.Channels*4 {
					t.Fatalf("%d samples of one packet", len(pcm))
				}
			})
		}
	})
}

// FuzzOpenFile opens a file from outside, reads it to its end and decodes it.
func FuzzOpenFile(f *testing.F) {
	c := pictures(f, 64, 48, 2, 2)
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"))
	f.Add(append([]byte("FLV\x01\x01\x00\x00\x00\x09\x00\x00\x00\x00\x09\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x00"), c.config...))
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		liveAtStart(t)
		in, err := decode.OpenFile(write(t, "x", data))
		if err != nil {
			if !errors.Is(err, decode.ErrNotMedia) {
				t.Fatalf("error %v, want ErrNotMedia", err)
			}
			return
		}
		defer in.Close()
		for range 1000 {
			if _, err := in.Read(); err != nil {
				return
			}
		}
	})
}
