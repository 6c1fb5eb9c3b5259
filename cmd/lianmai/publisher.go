package main

import (
	"context"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// publication is one synthetic participant that publishes.
type publication struct {
	url          rtmp.URL
	number       int
	size         sizeFlag
	rate         media.FrameRate
	sampleRate   int // Hz
	videoBitrate int // bits per second
	gop          time.Duration
	preset       string
	handler      rtmp.PushHandler
}

// synth makes the packets of a publication. One goroutine owns it.
type synth struct {
	publication
	person *pattern.Participant
	voice  *pattern.Voice
	frame  *media.Frame
	video  *encode.Video
	audio  *encode.Audio
	pcm    []float32
	start  time.Duration // Unix time of the first picture, set by who starts it; the code's clock counts from there
	next   int64         // number of the next picture
	sound  int64         // number of the next sample
}

func newSynth(p publication) (s *synth, err error) {
	s = &synth{publication: p}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.person, err = pattern.NewParticipant(p.number, p.size.Width, p.size.Height); err != nil {
		return nil, err
	}
	if s.voice, err = pattern.NewVoice(p.number, p.sampleRate); err != nil {
		return nil, err
	}
	if s.frame, err = media.NewFrame(p.size.Width, p.size.Height); err != nil {
		return nil, err
	}
	s.video, err = encode.NewVideo(encode.VideoConfig{
		Width: p.size.Width, Height: p.size.Height, FrameRate: p.rate, Bitrate: p.videoBitrate, GOP: p.gop, Preset: p.preset,
	})
	if err != nil {
		return nil, err
	}
	// Mono at 64 kb/s is what phones send.
	if s.audio, err = encode.NewAudio(encode.AudioConfig{SampleRate: p.sampleRate, Channels: 1, Bitrate: min(64_000, p.sampleRate*2)}); err != nil {
		return nil, err
	}
	s.pcm = make([]float32, s.audio.FrameSize())
	return s, nil
}

// due returns when the next picture is to be made, after the start.
func (s *synth) due() time.Duration { return s.rate.Time(s.next) }

// soundTime returns when sample n is, after the start.
func (s *synth) soundTime(n int64) time.Duration {
	rate := int64(s.sampleRate)
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/time.Duration(rate)
}

// step makes the next picture and the sound up to it.
func (s *synth) step(forceKey bool, emit func(media.Packet)) error {
	at := s.due()
	// Sample 0 of the voice is at a whole second of the clock.
	offset := int64(s.start%time.Second) * int64(s.sampleRate) / int64(time.Second)
	// AAC packets come out two blocks after their samples go in, so those go in early:
	// each packet is sent when its picture is.
	ahead := int64(2 * len(s.pcm))
	for s.soundTime(s.sound-ahead) <= at {
		s.voice.Fill(s.pcm, 1, offset+s.sound)
		if err := s.audio.Encode(s.pcm, emit); err != nil {
			return err
		}
		s.sound += int64(len(s.pcm))
	}
	if err := s.person.Draw(s.frame, s.start+at); err != nil {
		return err
	}
	n := s.next
	s.next++
	return s.video.Encode(s.frame, n, forceKey, emit)
}

// skipTo leaves out pictures that are overdue, after the machine was too slow.
func (s *synth) skipTo(now time.Duration) {
	if n := s.rate.Index(now); n > s.next {
		s.next = n
	}
}

func (s *synth) close() {
	s.frame.Free()
	s.video.Close()
	s.audio.Close()
}

// behindLimit is how late a synthetic picture may be before it is left out.
const behindLimit = 500 * time.Millisecond

// publish publishes p in real time until ctx ends, or for length if that is not 0.
// status is called after each picture; it may be nil.
func publish(ctx context.Context, p publication, length time.Duration, status func(sent time.Duration, st rtmp.PushStats)) error {
	s, err := newSynth(p)
	if err != nil {
		return err
	}
	defer s.close()
	keys := &keyFrameWish{PushHandler: p.handler}
	pusher := rtmp.NewPusher(rtmp.PushConfig{URL: p.url, Header: rtmp.Header{
		VideoConfig: s.video.Config(), AudioConfig: s.audio.Config(),
		Width: p.size.Width, Height: p.size.Height, FrameRate: p.rate, VideoBitrate: p.videoBitrate,
	}}, keys)
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = pusher.Close(last)
	}()
	began := time.Now()
	s.start = time.Duration(began.UnixMilli()) * time.Millisecond
	timer := time.NewTimer(0)
	defer timer.Stop()
	for length == 0 || s.due() < length {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if now := time.Since(began); now-s.due() > behindLimit {
			s.skipTo(now)
		}
		if err := s.step(keys.take(), pusher.Write); err != nil {
			return err
		}
		if status != nil {
			status(s.due(), pusher.Stats())
		}
		timer.Reset(s.due() - time.Since(began))
	}
	return nil
}
