package decode_test

import (
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// What FFmpeg's probing would have found is known without it.
func TestFilesAreKnownByTheirHeads(t *testing.T) {
	liveAtStart(t)
	const length = 4 * time.Second
	picture := []string{"-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:d=4"}
	tone := []string{"-f", "lavfi", "-i", "sine=d=4"}
	x264 := []string{"-c:v", "libx264", "-bf", "3", "-g", "20", "-pix_fmt", "yuv420p"}
	for _, c := range []struct {
		name         string
		args         [][]string
		video, audio bool
	}{
		{"reordered.flv", [][]string{picture, tone, x264}, true, true},
		{"reordered.mp4", [][]string{picture, tone, x264}, true, true},
		{"fragments.mp4", [][]string{picture, tone, x264, {"-movflags", "frag_keyframe+empty_moov"}}, true, true},
		{"reordered.mkv", [][]string{picture, tone, x264}, true, true},
		{"pictures.flv", [][]string{picture, x264}, true, false},
		{"sound.flv", [][]string{tone}, false, true},
		{"sound.m4a", [][]string{tone}, false, true},
		{"mp3.flv", [][]string{picture, tone, x264, {"-c:a", "libmp3lame", "-ar", "44100"}}, true, true},
		// The sound begins when half of the pictures have been read.
		{"late.flv", [][]string{picture, {"-itsoffset", "2"}, tone, x264, {"-t", "4"}}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var args []string
			for _, a := range c.args {
				args = append(args, a...)
			}
			path := madeByFFmpeg(t, c.name, args...)
			f := openFile(t, path)
			if f.HasVideo() != c.video || f.HasAudio() != c.audio {
				t.Errorf("video %v, audio %v; want %v, %v", f.HasVideo(), f.HasAudio(), c.video, c.audio)
			}
			if d := f.Duration(); (d - length).Abs() > length/10 {
				t.Errorf("duration %v, want %v", d, length)
			}
			if c.audio {
				d, err := f.NewAudio()
				if err != nil {
					t.Fatal(err)
				}
				d.Close()
				if n := len(readAll(t, openFile(t, path), media.Audio)); n < 75 {
					t.Errorf("%d packets of sound, want those of 2 s at least", n)
				}
			}
			if !c.video {
				return
			}
			got := decodeFile(t, path)
			if len(got) != 40 {
				t.Errorf("%d pictures, want 40", len(got))
			}
			for i := 1; i < len(got); i++ {
				if got[i].pts <= got[i-1].pts {
					t.Errorf("picture %d at %v comes after the one at %v", i, got[i].pts, got[i-1].pts)
				}
			}
		})
	}
}

// A file that says it has sound and has none, or stops before it comes, is read like others.
func TestStreamThatIsNotThereIsNotWaitedFor(t *testing.T) {
	liveAtStart(t)
	c := pictures(t, 64, 48, 10, 5)
	f := openFile(t, writeFLV(t, append([]media.Packet{c.head(media.Video)}, c.packets...)...))
	if !f.HasVideo() || f.HasAudio() {
		t.Errorf("video %v, audio %v; want pictures alone", f.HasVideo(), f.HasAudio())
	}
	if n := len(readAll(t, f, media.Video)); n != 10 {
		t.Errorf("%d pictures, want 10", n)
	}
	unread, err := decode.OpenFile(writeFLV(t, append([]media.Packet{c.head(media.Video)}, c.packets...)...))
	if err != nil {
		t.Fatal(err)
	}
	unread.Close() // frees what was read ahead
}
