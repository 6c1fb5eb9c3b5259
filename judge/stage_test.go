package judge

import (
	"image"
	"testing"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/pattern/patterntest"
)

// stage makes the stream that a test judges: participants drawn, put into their
// rectangles, and encoded like a mix.
type stage struct {
	w, h    int
	rate    media.FrameRate
	bitrate int
	// sourceW and sourceH are the size of the participants' own pictures.
	sourceW, sourceH int
	// where returns each participant's rectangle at a time; who is not in it is not
	// drawn.
	where func(at time.Duration) map[int]image.Rectangle
	// clock returns a participant's clock at a time.
	clock func(number int, at time.Duration) time.Duration
	// sound is what is heard.
	sound choir
}

// six is the mini-program layout of six on a canvas of w×h.
func six(w, h int) map[int]image.Rectangle {
	x, y := []int{0, w / 3, 2 * w / 3, w}, []int{0, h * 3 / 10, h * 6 / 10, h}
	return map[int]image.Rectangle{
		1: image.Rect(0, 0, x[2], y[2]),
		2: image.Rect(x[2], 0, w, y[1]),
		3: image.Rect(x[2], y[1], w, y[2]),
		4: image.Rect(0, y[2], x[1], h),
		5: image.Rect(x[1], y[2], x[2], h),
		6: image.Rect(x[2], y[2], w, h),
	}
}

// newStage is six participants at 360×640, all in step.
func newStage() *stage {
	s := &stage{w: 360, h: 640, rate: media.FPS(30), bitrate: 1_500_000, sourceW: 640, sourceH: 360}
	s.where = func(time.Duration) map[int]image.Rectangle { return six(s.w, s.h) }
	s.clock = func(_ int, at time.Duration) time.Duration { return at }
	for n := 1; n <= 6; n++ {
		s.sound = append(s.sound, singer{number: n, gain: 1})
	}
	return s
}

// pictures draws the frames of length and hands each to show, which borrows it.
func (s *stage) pictures(t testing.TB, length time.Duration, show func(f *media.Frame, n int64)) {
	t.Helper()
	canvas, err := media.NewFrame(s.w, s.h)
	if err != nil {
		t.Fatal(err)
	}
	defer canvas.Free()
	src, err := media.NewFrame(s.sourceW, s.sourceH)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Free()
	people := map[int]*pattern.Participant{}
	for n := int64(0); s.rate.Time(n) < length; n++ {
		at := s.rate.Time(n)
		canvas.Fill(22, 130, 127)
		canvas.PTS = at.Round(time.Millisecond)
		places := s.where(at)
		for number := 1; number <= pattern.MaxNumber; number++ {
			r, ok := places[number]
			if !ok {
				continue
			}
			if people[number] == nil {
				if people[number], err = pattern.NewParticipant(number, s.sourceW, s.sourceH); err != nil {
					t.Fatal(err)
				}
			}
			if err := people[number].Draw(src, s.clock(number, at)); err != nil {
				t.Fatal(err)
			}
			patterntest.Cover(canvas, r, src)
		}
		show(canvas, n)
	}
}

// packets encodes length of the stage, in the order of timestamps, with times in
// whole milliseconds as RTMP carries them. Configurations come first.
func (s *stage) packets(t testing.TB, length time.Duration) []media.Packet {
	t.Helper()
	v, err := encode.NewVideo(encode.VideoConfig{Width: s.w, Height: s.h, FrameRate: s.rate, Bitrate: s.bitrate, GOP: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	a, err := encode.NewAudio(encode.AudioConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	list := []media.Packet{
		{Kind: media.Video, Codec: media.CodecH264, Config: true, Key: true, Data: v.Config()},
		{Kind: media.Audio, Codec: media.CodecAAC, Config: true, Key: true, Data: a.Config()},
	}
	var video, audio []media.Packet
	keep := func(list *[]media.Packet) func(media.Packet) {
		return func(p media.Packet) {
			p.PTS, p.DTS = p.PTS.Round(time.Millisecond), p.DTS.Round(time.Millisecond)
			*list = append(*list, p)
		}
	}
	s.pictures(t, length, func(f *media.Frame, n int64) {
		if err := v.Encode(f, n, false, keep(&video)); err != nil {
			t.Fatal(err)
		}
	})
	pcm := s.sound.sing(t, length)
	for size := a.FrameSize() * media.Channels; len(pcm) >= size; pcm = pcm[size:] {
		if err := a.Encode(pcm[:size], keep(&audio)); err != nil {
			t.Fatal(err)
		}
	}
	for len(video) > 0 || len(audio) > 0 {
		next := &video
		if len(video) == 0 || len(audio) > 0 && audio[0].DTS < video[0].DTS {
			next = &audio
		}
		list = append(list, (*next)[0])
		*next = (*next)[1:]
	}
	return list
}

// judged runs packets through a Judge.
func judged(o Options, packets []media.Packet) Report {
	j := New(o)
	for _, p := range packets {
		j.Packet(p, time.Time{})
	}
	return j.Finish()
}
