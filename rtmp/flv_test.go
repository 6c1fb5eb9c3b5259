package rtmp

import (
	"bytes"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"pgregory.net/rapid"
)

func TestMediaMessagesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := media.Packet{
			Kind: media.Kind(rapid.IntRange(0, 1).Draw(t, "kind")), Config: rapid.Bool().Draw(t, "config"),
			Data: rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "data"),
			DTS:  time.Duration(rapid.Uint32Range(1<<23, 1<<32-1).Draw(t, "dts")) * time.Millisecond,
		}
		p.PTS, p.Key, p.Codec = p.DTS, true, media.CodecAAC
		if p.Kind == media.Video {
			p.Codec = rapid.SampledFrom([]media.Codec{media.CodecH264, media.CodecHEVC}).Draw(t, "codec")
			if !p.Config {
				p.Key = rapid.Bool().Draw(t, "key")
				p.PTS += time.Duration(rapid.IntRange(-1<<23, 1<<23-1).Draw(t, "cts")) * time.Millisecond
			}
		}
		m, err := mediaMessage(p, playStream)
		if err != nil {
			t.Fatal(err)
		}
		got, ok, why := parseMedia(m)
		if !ok || why != "" || got.Kind != p.Kind || got.Codec != p.Codec || got.Config != p.Config || got.Key != p.Key || got.DTS != p.DTS || got.PTS != p.PTS || !bytes.Equal(got.Data, p.Data) {
			t.Fatalf("wrote %+v, read %+v, %v, %q", p, got, ok, why)
		}
		if k := classify(m); k.config != p.Config || k.key != (p.Kind == media.Video && p.Key && !p.Config) {
			t.Fatalf("%+v is taken for %+v", p, k)
		}
	})
}

func TestTimesAreRoundedAndNeverNegative(t *testing.T) {
	p := media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Key: true, DTS: -21 * time.Millisecond, Data: []byte{1}}
	if m, err := mediaMessage(p, playStream); err != nil || m.Timestamp != 0 {
		t.Errorf("%v at %v, %v", p.DTS, m.Timestamp, err)
	}
	p.DTS = media.FPS(30).Time(2) // 66.67 ms
	if m, err := mediaMessage(p, playStream); err != nil || m.Timestamp != 67*time.Millisecond {
		t.Errorf("%v at %v, %v", p.DTS, m.Timestamp, err)
	}
}

func FuzzParseMedia(f *testing.F) {
	for _, s := range []string{"\x17\x00\x00\x00\x00avcC", "\x27\x01\xff\xff\xfedata", "\x90hvc1hvcC", "\x91hvc1\x00\x00\x01data", "\x93avc1data", "\x1c\x01\x00\x00\x00data"} {
		f.Add(true, []byte(s))
	}
	for _, s := range []string{"\xaf\x00\x11\x90", "\xaf\x01data", "\x90mp4a\x11\x90", "\x91mp4adata", "\x91Opusdata", "\x2f"} {
		f.Add(false, []byte(s))
	}
	f.Fuzz(func(t *testing.T, video bool, body []byte) {
		m := &message{Type: typeAudio, Body: body, Timestamp: time.Second}
		if video {
			m.Type = typeVideo
		}
		k := classify(m)
		p, ok, why := parseMedia(m)
		if !ok {
			return
		}
		if why != "" || len(p.Data) == 0 || !bytes.HasSuffix(body, p.Data) || p.Codec == media.CodecNone || p.DTS != time.Second {
			t.Fatalf("%q gives %+v, %q", body, p, why)
		}
		if k.config != p.Config || k.key != (video && p.Key && !p.Config) {
			t.Fatalf("%q is read as %+v and taken for %+v", body, p, k)
		}
		if p.PTS-p.DTS < -1<<23*time.Millisecond || p.PTS-p.DTS >= 1<<23*time.Millisecond {
			t.Fatalf("%q has the composition time %v", body, p.PTS-p.DTS)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	f.Add([]byte("\x02\x00\x07connect\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x03\x00\x03app\x02\x00\x04live\x00\x00\x09"))
	f.Add([]byte("\x02\x00\x08onStatus\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x03\x00\x05level\x02\x00\x05error\x00\x00\x09"))
	f.Add(bytes.Repeat([]byte("\x0a\x00\x00\x00\x01"), 1000))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := parseCommand(&message{Type: typeCommandAMF0, Body: body})
		if err != nil {
			return
		}
		// None of these may panic, whatever the arguments are.
		c.str(1)
		c.object(0).GetString("app")
		s := c.status()
		if got := clean(s.code + " " + s.description); len(got) > maxQuote+len("…") {
			t.Fatalf("%d bytes quoted", len(got))
		}
	})
}
