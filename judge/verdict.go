package judge

import (
	"fmt"
	"math"
	"time"

	"github.com/lianmai/lianmai/audio/measure"
	"github.com/lianmai/lianmai/media"
)

const (
	// maxHueError is beyond what coding does to a colour, in the CbCr plane.
	maxHueError = 10
	// maxUnread is the part of a participant's pictures that may be unreadable.
	maxUnread = 0.2
	// minPairs is how many flashes with beeps it takes to speak of the median skew;
	// minTail of the 95th percentile: of fewer it would be the single worst one.
	minPairs, minTail = 3, 20
)

// report puts the measurements together and judges them.
func (j *Judge) report() Report {
	r := Report{
		Problems:      []string{},
		Interruptions: j.interruptions,
		Freezes:       j.eye.frozen.list,
		Black:         j.eye.black.list,
		Silence:       j.ear.silence.list,
	}
	r.Duration = seconds(max(j.video.end, j.audio.end))
	if j.video.frames > 0 {
		r.Video = j.video.report()
	}
	if j.audio.frames > 0 {
		r.Audio = j.audio.report()
		r.Audio.Peak = round(measure.DB(float64(j.ear.peak)), 2)
	}
	for _, p := range j.people {
		if p.there() {
			r.Participants = append(r.Participants, p.report(j.measures))
		}
	}
	for _, s := range j.tracker.segments {
		if len(j.tracker.segments) > 1 || len(s.places) > 0 {
			r.Segments = append(r.Segments, s.report(func(number int) bool { return j.people[number-1].there() }))
		}
	}
	v := verdict{r: &r, o: &j.o}
	v.tracks(&j.video, &j.audio)
	v.stretches()
	v.participants()
	r.OK = len(r.Problems) == 0
	return r
}

func (v *videoTrack) report() *Video {
	return &Video{
		Codec: v.codec.String(), Width: v.width, Height: v.height, SizeChanges: v.sizeChanges,
		Frames: v.frames, Decoded: v.decoded, DecodeErrors: v.errors,
		Bitrate: v.bitrate(), Stamps: v.count.finish(),
		GOPMin: seconds(v.gopMin), GOPMax: seconds(v.gopMax), BFrames: v.bFrames, LateMax: ms(v.late),
	}
}

func (a *audioTrack) report() *Audio {
	return &Audio{
		Codec: a.codec.String(), SampleRate: a.rate, Channels: a.channels,
		Frames: a.frames, DecodeErrors: a.errors, Bitrate: a.bitrate(), Stamps: a.count.finish(),
	}
}

// verdict lists what is wrong with r.
type verdict struct {
	r *Report
	o *Options
}

func (v verdict) problem(format string, args ...any) {
	v.r.Problems = append(v.r.Problems, fmt.Sprintf(format, args...))
}

func (v verdict) tracks(video *videoTrack, audio *audioTrack) {
	for _, reason := range v.r.Interruptions {
		v.problem("the stream broke off: %s", reason)
	}
	if video.frames == 0 {
		v.problem("there is no video")
	} else {
		v.track("video", &video.track, v.r.Video.Stamps)
		v.picture(video)
	}
	if audio.frames == 0 {
		v.problem("there is no sound")
	} else {
		v.track("audio", &audio.track, v.r.Audio.Stamps)
	}
}

func (v verdict) track(name string, t *track, s Stamps) {
	switch {
	case t.fault != nil:
		v.problem("%s cannot be decoded: %v", name, t.fault)
	case t.codec == media.CodecNone:
		v.problem("%s has no decoder configuration", name)
	case t.errors > 0:
		v.problem("%d of %d %s packets are damaged", t.errors, t.frames, name)
	}
	if s.Gaps > 0 || s.Repeats > 0 {
		f := s.Faults[0]
		v.problem("%s timestamps have %d gaps and %d repeats; the first at %.3f s is a step of %.0f ms instead of %.1f",
			name, s.Gaps, s.Repeats, f.At, f.Step, f.Want)
	}
}

func (v verdict) picture(video *videoTrack) {
	e, r := v.o.Expect, v.r.Video
	if video.noKeyFirst {
		v.problem("video does not start with a key frame")
	}
	if video.decoded < video.frames-video.errors {
		v.problem("only %d of %d video packets gave a picture", video.decoded, video.frames)
	}
	if r.SizeChanges > 0 {
		v.problem("the picture size changed %d times", r.SizeChanges)
	}
	if e.Width > 0 && video.decoded > 0 && (r.Width != e.Width || r.Height != e.Height) {
		v.problem("the picture is %d×%d instead of %d×%d", r.Width, r.Height, e.Width, e.Height)
	}
	if video.late > e.MaxLate {
		v.problem("a packet came %.0f ms later than the promptest; a player would have stopped", r.LateMax)
	}
}

func (v verdict) stretches() {
	for _, s := range []struct {
		what string
		list []Stretch
	}{{"the picture is frozen", v.r.Freezes}, {"the picture is black", v.r.Black}, {"the sound is silent", v.r.Silence}} {
		if len(s.list) > 0 {
			total := 0.0
			for _, x := range s.list {
				total += x.To - x.From
			}
			v.problem("%s for %.1f s in all; the first time from %.2f to %.2f s", s.what, total, s.list[0].From, s.list[0].To)
		}
	}
}

func (v verdict) participants() {
	expected := v.o.Expect.Participants
	found := map[int]bool{}
	for i := range v.r.Participants {
		p := &v.r.Participants[i]
		found[p.Number] = true
		v.participant(p)
		if expected == 0 {
			continue
		}
		if p.Number > expected {
			v.problem("participant %d is there, but only 1 to %d are expected", p.Number, expected)
			continue
		}
		if p.Frames == 0 {
			v.problem("participant %d is never seen", p.Number)
		}
		if p.Heard == 0 {
			v.problem("participant %d is never heard", p.Number)
		}
	}
	for n := 1; n <= expected; n++ {
		if !found[n] {
			v.problem("participant %d is neither seen nor heard", n)
		}
	}
}

func (v verdict) participant(p *Participant) {
	e := v.o.Expect
	if n := len(p.Freezes); n > 0 {
		v.problem("participant %d is frozen %d times; the first from %.2f to %.2f s", p.Number, n, p.Freezes[0].From, p.Freezes[0].To)
	}
	if p.Backwards > 0 {
		v.problem("participant %d went back in time %d times", p.Number, p.Backwards)
	}
	if p.HueError > maxHueError {
		v.problem("the colours of participant %d are off by %.0f", p.Number, p.HueError)
	}
	if all := p.Frames + p.Unread; all > 0 && float64(p.Unread) > maxUnread*float64(all) {
		v.problem("the code of participant %d cannot be read in %d of %d pictures", p.Number, p.Unread, all)
	}
	limit := millis(e.MaxSkew)
	if p.Skew.Count >= minPairs && math.Abs(p.Skew.Median) > limit || p.Skew.Count >= minTail && p.Skew.AbsP95 > limit {
		v.problem("the sound of participant %d is off by %+.0f ms (95 %% within %.0f); at most %.0f is allowed",
			p.Number, p.Skew.Median, p.Skew.AbsP95, limit)
	}
	if limit := millis(e.MaxDelay); limit > 0 && p.Delay.Count > 0 && p.Delay.Median > limit {
		v.problem("participant %d is %.0f ms late; at most %.0f is allowed", p.Number, p.Delay.Median, limit)
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
