package decode_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// codingOf returns the coding of that name.
func codingOf(t testing.TB, name string) coding {
	t.Helper()
	for _, c := range codings {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no coding %s", name)
	return coding{}
}

// playUntil plays to the end, whatever ends it.
func playUntil(s *decode.Sound) (frames int, err error) {
	buf := make([]float32, 1000*media.Channels)
	for {
		n, err := s.Read(buf)
		frames += n
		if err != nil {
			return frames, err
		}
	}
}

// reads a file that a test made.
func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSoundRefusesWhatIsNoSound(t *testing.T) {
	liveAtStart(t)
	picture := madeByFFmpeg(t, "p.png", "-f", "lavfi", "-i", "testsrc2=s=640x480", "-frames:v", "1")
	jpeg := madeByFFmpeg(t, "p.jpg", "-f", "lavfi", "-i", "testsrc2=s=640x480", "-frames:v", "1")
	mute := madeByFFmpeg(t, "mute.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x96:d=1", "-c:v", "libx264")
	tests := []struct {
		name string
		path string
		want error
	}{
		{"missing", filepath.Join(t.TempDir(), "none.mp3"), fs.ErrNotExist},
		{"folder", t.TempDir(), decode.ErrNotMedia},
		{"device", os.DevNull, decode.ErrNotMedia},
		{"empty", write(t, "x.mp3", nil), decode.ErrNotMedia},
		{"png as mp3", write(t, "x.mp3", content(t, picture)), decode.ErrNotMedia},
		{"jpeg as mp3", write(t, "y.mp3", content(t, jpeg)), decode.ErrNotMedia},
		{"png as m4a", write(t, "x.m4a", content(t, picture)), decode.ErrNotMedia},
		{"text as mp3", write(t, "x.mp3", []byte(strings.Repeat("la la la\n", 10000))), decode.ErrNotMedia},
		{"zeros as wav", write(t, "x.wav", make([]byte, 100000)), decode.ErrNotMedia},
		{"playlist", write(t, "x.mp3", []byte("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")), decode.ErrNotMedia},
		{"script", write(t, "x.mp3", []byte("ffconcat version 1.0\nfile /etc/passwd\n")), decode.ErrNotMedia},
		{"wav with endless tags", write(t, "x.wav", append(wavHead(4), "\x00\x00\x00\x00LIST\xff\xff\xff\xefINFOISFT\x04\x00\x00\x00abcd"...)), decode.ErrNotMedia},
		{"pictures only", mute, decode.ErrNoSound},
		{"tag only", write(t, "x.mp3", id3(t, 5000)), decode.ErrNotMedia},
	}
	for _, tt := range tests {
		s, err := decode.OpenSound(tt.path)
		s.Close()
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.want)
		}
		if _, err := decode.CheckSound(t.Context(), tt.path, decode.SoundLimits{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: checked: error %v, want %v", tt.name, err, tt.want)
		}
	}
}

// id3 makes an ID3v2.4 tag with a title, an artist, and a picture of n bytes.
func id3(t testing.TB, n int) []byte {
	t.Helper()
	size := func(n int) []byte {
		return []byte{byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}
	}
	frame := func(id string, body []byte) []byte {
		return append(append([]byte(id), append(size(len(body)), 0, 0)...), body...)
	}
	picture := make([]byte, n)
	for i := range picture {
		picture[i] = 0xff // looks like the start of a frame everywhere
	}
	body := frame("TIT2", append([]byte{3}, "Song\x01\nof "+strings.Repeat("ü", 5000)...))
	body = append(body, frame("TPE1", append([]byte{0}, "Caf\xe9"...))...)
	body = append(body, frame("APIC", append([]byte("\x00image/jpeg\x00\x03\x00"), picture...))...)
	return append(append([]byte("ID3\x04\x00\x00"), size(len(body))...), body...)
}

// TestSoundBehindTags puts a tag of megabytes before the sound, and others behind it.
func TestSoundBehindTags(t *testing.T) {
	for _, name := range []string{"xing.mp3", "plain.mp3", "sound.flac", "sound.aac"} {
		t.Run(name, func(t *testing.T) {
			liveAtStart(t)
			c := codingOf(t, name)
			path := c.make(t, 44100, 2, 44100, sweep)
			want := play(t, openCoding(t, path), -1)
			data := append(id3(t, 3<<20), content(t, path)...)
			if strings.HasSuffix(name, ".mp3") {
				data = append(data, "APETAGEX\xd0\x07\x00\x00"...)
				data = append(data, bytes.Repeat([]byte("lyrics "), 3000)...)
				data = append(append(data, "TAG"...), make([]byte, 125)...)
			}
			// The name says nothing.
			s := openSound(t, write(t, "upload", data))
			// FLAC has tags of its own, which count.
			if info := s.Info(); info.Format != c.format || c.format != "flac" && (!strings.HasPrefix(info.Title, "Song  of ü") || len([]rune(info.Title)) > 200 || info.Artist != "Café") {
				t.Errorf("info is %+v", info)
			}
			got := play(t, s, -1)
			if len(got) < len(want) || !equalFrames(got[:len(want)], want) {
				t.Errorf("%d frames, want the %d of the file without tags", len(got)/media.Channels, len(want)/media.Channels)
			}
			if len(got) > len(want)+2*media.Channels*2304 {
				t.Errorf("%d frames more than without tags", (len(got)-len(want))/media.Channels)
			}
		})
	}
}

func equalFrames(a, b []float32) bool {
	for i := range a {
		// The resampler's last frames know what comes after.
		if a[i] != b[i] && i < len(a)-200*media.Channels {
			return false
		}
	}
	return true
}

func TestSoundWithACover(t *testing.T) {
	liveAtStart(t)
	for _, args := range [][]string{
		{"c.mp3", "-c:a", "libmp3lame", "-id3v2_version", "3"},
		{"c.m4a", "-c:a", "aac", "-disposition:v", "attached_pic"},
		{"c.flac", "-c:a", "flac", "-disposition:v", "attached_pic"},
	} {
		path := madeByFFmpeg(t, args[0], append([]string{"-f", "lavfi", "-i", "sine=d=2:r=44100", "-f", "lavfi", "-i", "testsrc2=s=600x600:d=0.04", "-map", "0", "-map", "1",
			"-c:v", "mjpeg", "-frames:v", "1", "-metadata", "title=With a cover"}, args[1:]...)...)
		info, err := decode.CheckSound(t.Context(), path, decode.SoundLimits{})
		if err != nil || info.Frames != 96000 || info.Title != "With a cover" {
			t.Errorf("%s: %+v, error %v", args[0], info, err)
		}
	}
}

// TestSoundCutOff cuts files in the middle. Formats that say how long they are, or whose
// last part is seen not to be whole, are known to be broken.
func TestSoundCutOff(t *testing.T) {
	for _, name := range []string{"s16.wav", "sound.flac", "xing.mp3", "vbr.mp3", "fast.m4a", "sound.aac", "sound.opus", "vorbis.ogg", "flac.ogg"} {
		t.Run(name, func(t *testing.T) {
			liveAtStart(t)
			path := codingOf(t, name).make(t, 48000, 2, 5*48000, sweep)
			whole := play(t, openCoding(t, path), -1)
			data := content(t, path)
			short := write(t, name, data[:len(data)*6/10+7])
			s := openSound(t, short)
			pcm := make([]float32, len(whole))
			n, err := s.Read(pcm)
			if !errors.Is(err, decode.ErrBroken) {
				t.Errorf("%d frames, then error %v, want ErrBroken", n, err)
			}
			if n < 2*48000 || n > 4*48000 {
				t.Errorf("%d frames of about %d", n, 3*48000)
			}
			for i := range max(0, n-5000) * media.Channels {
				if pcm[i] != whole[i] {
					t.Fatalf("frame %d of %d differs from that of the whole file", i/media.Channels, n)
				}
			}
			if n, err := s.Read(pcm); n != 0 || !errors.Is(err, decode.ErrBroken) {
				t.Errorf("read on: %d frames, error %v", n, err)
			}
			if err := s.SeekTo(1000); err != nil {
				t.Fatal(err)
			}
			if part := play(t, s, 1000); part[0] != whole[1000*media.Channels] {
				t.Error("what is whole cannot be played again")
			}
			if _, err := decode.CheckSound(t.Context(), short, decode.SoundLimits{}); !errors.Is(err, decode.ErrBroken) || !strings.Contains(err.Error(), "at ") {
				t.Errorf("checked: error %v, want ErrBroken with where", err)
			}
		})
	}
}

// TestSoundDamaged puts garbage into the middle: a little is bridged, much ends the piece.
func TestSoundDamaged(t *testing.T) {
	for _, name := range []string{"sound.flac", "xing.mp3", "fast.m4a", "vorbis.ogg", "sound.opus", "sound.aac"} {
		t.Run(name, func(t *testing.T) {
			liveAtStart(t)
			path := codingOf(t, name).make(t, 48000, 2, 20*48000, sweep)
			data := content(t, path)
			frames := len(play(t, openCoding(t, path), -1)) / media.Channels
			damage := func(share float64) string {
				bad := bytes.Clone(data)
				for i := range int(share * float64(len(bad))) {
					bad[len(bad)/2+i] = byte(i * i >> 3)
				}
				return write(t, name, bad)
			}
			n, err := playUntil(openSound(t, damage(0.2)))
			t.Logf("much: %d of %d frames, %v", n, frames, err)
			if !errors.Is(err, decode.ErrBroken) {
				t.Errorf("error %v, want ErrBroken", err)
			}
			if n < frames*4/10 || n > frames {
				t.Errorf("%d frames of %d", n, frames)
			}
			n, err = playUntil(openSound(t, damage(0.001)))
			t.Logf("little: %d of %d frames, %v", n, frames, err)
			if !errors.Is(err, io.EOF) || abs(n-frames) > 4800 {
				t.Errorf("little damage: %d frames of %d, error %v", n, frames, err)
			}
		})
	}
}

// wavHead makes the head of a WAV of 16-bit mono at 8 kHz that claims n bytes of sound.
func wavHead(n uint32) []byte {
	b := []byte("RIFF____WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(b[4:], n+36)
	return binary.LittleEndian.AppendUint32(b, n)
}

// TestSoundWhoseHeadLies opens short files that claim ten hours.
func TestSoundWhoseHeadLies(t *testing.T) {
	liveAtStart(t)
	const tenHours = 10 * 3600 * 8000 * 2
	wav := write(t, "long.wav", append(wavHead(tenHours), make([]byte, 16000)...))
	if n, err := playUntil(openSound(t, wav)); n != 48000 || !errors.Is(err, decode.ErrBroken) {
		t.Errorf("WAV: %d frames, error %v", n, err)
	}
	if _, err := decode.CheckSound(t.Context(), wav, decode.SoundLimits{}); !errors.Is(err, decode.ErrSoundTooLong) {
		t.Errorf("WAV: checked: error %v", err)
	}
	ogg := content(t, codingOf(t, "sound.opus").make(t, 48000, 1, 48000, sweep))
	last := bytes.LastIndex(ogg, []byte("OggS"))
	binary.LittleEndian.PutUint64(ogg[last+6:], 10*3600*48000)
	if n, err := playUntil(openSound(t, write(t, "long.opus", ogg))); n > 60000 || !errors.Is(err, decode.ErrBroken) {
		t.Errorf("Ogg: %d frames, error %v", n, err)
	}
	for _, n := range []uint32{0, math.MaxUint32, 0x7fffffff - 36} {
		piped := write(t, "piped.wav", append(wavHead(n), make([]byte, 16000)...))
		if n, err := playUntil(openSound(t, piped)); n != 48000 || !errors.Is(err, io.EOF) {
			t.Errorf("WAV from a pipe: %d frames, error %v", n, err)
		}
	}
}

func TestCheckSoundKeepsToItsLimits(t *testing.T) {
	liveAtStart(t)
	path := codingOf(t, "plain.mp3").make(t, 44100, 2, 10*44100, sweep)
	var told []float64
	info, err := decode.CheckSound(t.Context(), path, decode.SoundLimits{Progress: func(share float64) { told = append(told, share) }})
	if err != nil || !info.Exact || info.Frames < 480000 || info.Frames > 483000 {
		t.Errorf("info %+v, error %v", info, err)
	}
	if len(told) < 50 || len(told) > 100 || told[len(told)-1] != 1 {
		t.Errorf("%d reports of progress, the last of %v", len(told), told[max(0, len(told)-1):])
	}
	if _, err := decode.CheckSound(t.Context(), path, decode.SoundLimits{Bytes: 1000}); !errors.Is(err, decode.ErrSoundTooLarge) || !strings.Contains(err.Error(), "1000") {
		t.Errorf("error %v, want ErrSoundTooLarge with the bound", err)
	}
	if _, err := decode.CheckSound(t.Context(), path, decode.SoundLimits{Duration: 5 * time.Second}); !errors.Is(err, decode.ErrSoundTooLong) || !strings.Contains(err.Error(), "5s") {
		t.Errorf("error %v, want ErrSoundTooLong with the bound", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decode.CheckSound(ctx, path, decode.SoundLimits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
