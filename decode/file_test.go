package decode_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

func openFile(t testing.TB, path string) *decode.File {
	t.Helper()
	f, err := decode.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// readAll reads to the end and returns the media packets of one kind.
func readAll(t testing.TB, f *decode.File, kind media.Kind) (packets []media.Packet) {
	t.Helper()
	for {
		p, err := f.Read()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Kind == kind && !p.Config {
			packets = append(packets, p)
		}
	}
}

// decodeFile decodes all of a file's pictures.
func decodeFile(t testing.TB, path string) []seen {
	t.Helper()
	f := openFile(t, path)
	d, err := f.NewVideo(decode.VideoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return decodeAll(t, d, readAll(t, f, media.Video))
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeFLV makes an FLV file of packets of H.264 and AAC, in their order
// (Adobe Flash Video File Format 10.1, annex E).
func writeFLV(t testing.TB, packets ...media.Packet) string {
	t.Helper()
	out := bytes.NewBuffer([]byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"))
	for _, p := range packets {
		var body []byte
		kind := byte(9)
		switch {
		case p.Kind == media.Audio && p.Config:
			kind, body = 8, []byte{0xaf, 0}
		case p.Kind == media.Audio:
			kind, body = 8, []byte{0xaf, 1}
		case p.Config:
			body = []byte{0x17, 0, 0, 0, 0}
		default:
			c := uint32((p.PTS - p.DTS).Milliseconds())
			body = []byte{0x27, 1, byte(c >> 16), byte(c >> 8), byte(c)}
			if p.Key {
				body[0] = 0x17
			}
		}
		body = append(body, p.Data...)
		ms := uint32(p.DTS.Milliseconds())
		n := uint32(len(body))
		out.Write([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n), byte(ms >> 16), byte(ms >> 8), byte(ms), byte(ms >> 24), 0, 0, 0})
		out.Write(body)
		out.Write(binary.BigEndian.AppendUint32(nil, n+11))
	}
	return write(t, "made.flv", out.Bytes())
}

func (c clip) head(kind media.Kind) media.Packet {
	return media.Packet{Kind: kind, Codec: c.codec, Config: true, Key: true, Data: c.config}
}

// later returns the clip's packets, moved.
func (c clip) later(d time.Duration) (moved []media.Packet) {
	for _, p := range c.packets {
		p.DTS += d
		p.PTS += d
		moved = append(moved, p)
	}
	return moved
}

func TestOpenFileRefusesWhatIsNotMedia(t *testing.T) {
	liveAtStart(t)
	png := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00")
	missing := filepath.Join(t.TempDir(), "missing.flv")
	if f, err := decode.OpenFile(missing); !errors.Is(err, fs.ErrNotExist) {
		f.Close()
		t.Errorf("missing: error %v, want fs.ErrNotExist", err)
	}
	song := madeByFFmpeg(t, "song.mp3", "-f", "lavfi", "-i", "sine=d=0.5")
	script := filepath.Join(filepath.Dir(song), "script.mp3")
	if err := os.WriteFile(script, []byte("ffconcat version 1.0\nfile song.mp3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"folder":    t.TempDir(),
		"0 bytes":   write(t, "empty.flv", nil),
		"text":      write(t, "notes.flv", []byte("Dear diary, today I went to the market.\n")),
		"script":    script, // it would open another file
		"playlist":  write(t, "list.m3u8", []byte("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n"+song+"\n#EXT-X-ENDLIST\n")),
		"FLV head":  write(t, "head.flv", []byte("FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00")),
		"cut FLV":   write(t, "cut.flv", []byte("FLV\x01\x05\x00\x00")),
		"bare PNG":  write(t, "picture.png", png),
		"subtitles": write(t, "s.srt", []byte("1\n00:00:00,000 --> 00:00:01,000\nhello\n")),
	} {
		if f, err := decode.OpenFile(path); !errors.Is(err, decode.ErrNotMedia) {
			f.Close()
			t.Errorf("%s: error %v, want ErrNotMedia", name, err)
		}
	}
}

func TestFileThatIsCutIsReadUpToTheCut(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 64, 48, 10, 5)
	whole, err := os.ReadFile(writeFLV(t, append([]media.Packet{c.head(media.Video)}, c.packets...)...))
	if err != nil {
		t.Fatal(err)
	}
	f := openFile(t, write(t, "cut.flv", whole[:len(whole)-len(c.packets[9].Data)]))
	d, err := f.NewVideo(decode.VideoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	n := 0
	for _, p := range readAll(t, f, media.Video) {
		err := d.Decode(p, func(f *media.Frame) {
			n++
			f.Free()
		})
		if err != nil && p.PTS < c.packets[9].PTS {
			t.Errorf("picture at %v: %v", p.PTS, err)
		}
	}
	if n < 9 {
		t.Errorf("%d pictures of a file cut in its tenth, want at least 9", n)
	}
}

func TestFileReportsANewConfigurationWhereItChanges(t *testing.T) {
	liveAtStart(t)
	small, large := pictures(t, 64, 48, 5, 5), pictures(t, 128, 160, 5, 5)
	packets := append([]media.Packet{small.head(media.Video)}, small.packets...)
	packets = append(packets, small.head(media.Video)) // the same again is no news
	packets = append(packets, small.later(500*time.Millisecond)...)
	packets = append(packets, large.head(media.Video))
	packets = append(packets, large.later(time.Second)...)
	f := openFile(t, writeFLV(t, packets...))

	var d *decode.Video
	var got []seen
	heads := 0
	for {
		p, err := f.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if p.Config {
			heads++
			d.Close()
			d = newVideo(t, clip{codec: p.Codec, config: p.Data}, decode.VideoOptions{})
			continue
		}
		if err := d.Decode(p, func(f *media.Frame) { got = append(got, look(f)) }); err != nil {
			t.Fatal(err)
		}
	}
	if heads != 2 {
		t.Errorf("%d configurations, want 2", heads)
	}
	if len(got) != 15 || got[9].w != 64 || got[10].w != 128 || got[10].h != 160 {
		t.Errorf("pictures: %+v", got)
	}
}

func TestSongWithCoverHasSoundAlone(t *testing.T) {
	liveAtStart(t)
	cover := madeByFFmpeg(t, "cover.png", "-f", "lavfi", "-i", "color=c=red:s=64x64", "-frames:v", "1")
	song := madeByFFmpeg(t, "song.mp3", "-f", "lavfi", "-i", "sine=f=1000:d=2", "-i", cover,
		"-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
	f := openFile(t, song)
	if f.HasVideo() || !f.HasAudio() {
		t.Errorf("video %v, audio %v; want sound alone", f.HasVideo(), f.HasAudio())
	}
	if d := f.Duration(); d < 1900*time.Millisecond || d > 2200*time.Millisecond {
		t.Errorf("duration %v, want 2 s", d)
	}
	d, err := f.NewAudio()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	h := hear(t, d, readAll(t, f, media.Audio))
	if s := h.length(); s < 1900*time.Millisecond || s > 2200*time.Millisecond {
		t.Errorf("%v of sound, want 2 s", s)
	}
	h.wantTone(t, 1000)
}

func TestFileCloseTwice(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 64, 48, 3, 3)
	f := openFile(t, writeFLV(t, append([]media.Packet{c.head(media.Video)}, c.packets...)...))
	f.Close()
	f.Close()
	var none *decode.File
	none.Close()
}
