package judge

import (
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// Judge judges one stream. It is not safe for concurrent use, and the goroutine that
// calls Packet must be the one that calls Finish.
type Judge struct {
	o             Options
	video         videoTrack
	audio         audioTrack
	eye           eye
	ear           ear
	tracker       tracker
	people        [pattern.MaxNumber]*person
	measures      int // how often tones were measured
	origin        time.Duration
	begun         bool
	interruptions []string
}

// New returns a Judge. Its owner calls Finish, also when no packet came.
func New(o Options) *Judge {
	o.setDefaults()
	j := &Judge{o: o}
	j.video.count.rate = o.Expect.FrameRate
	j.eye.black.least, j.eye.frozen.least = o.BlackAfter, o.FreezeAfter
	j.ear.silence.least = o.SilenceAfter
	j.ear.beeps.found = func(number int, at time.Duration) { j.person(number).beeped(at) }
	j.ear.heard = j.heard
	if o.Sheet != nil {
		j.tracker.settled = func() {
			if len(j.tracker.segments) > 1 {
				o.Sheet.Mark("new layout")
			}
		}
	}
	return j
}

// Packet takes the next packet as it came, configurations too, and when it arrived;
// a zero arrival means that the stream is a file. Its data is not kept.
func (j *Judge) Packet(pkt media.Packet, arrival time.Time) {
	if pkt.Config {
		if pkt.Kind == media.Video {
			j.video.configure(pkt)
		} else {
			j.audio.configure(pkt)
		}
		return
	}
	if pkt.Kind == media.Video {
		j.videoPacket(pkt, arrival)
	} else {
		j.audioPacket(pkt)
	}
}

// maxInterruptions bounds the list of interruptions.
const maxInterruptions = 50

// Interrupted says that the stream broke off, and why, and that what comes next may
// have new timestamps and starts with configurations. The report lists it as a problem.
func (j *Judge) Interrupted(reason string) {
	if len(j.interruptions) < maxInterruptions {
		j.interruptions = append(j.interruptions, reason)
	}
	for _, p := range j.people {
		if p != nil {
			p.gone(p.shown)
		}
	}
	j.eye.finish(j.eye.last)
	j.eye.any = false
	j.video.restart()
	j.audio.restart()
}

// Finish frees the decoders and returns the report. The Judge cannot be used afterwards.
func (j *Judge) Finish() Report {
	j.video.flush(j.picture)
	j.video.close()
	j.audio.close()
	end := j.video.end
	j.eye.finish(end)
	j.ear.silence.end(j.ear.end())
	for _, p := range j.people {
		if p != nil {
			p.gone(end)
		}
	}
	return j.report()
}

// streamTime turns a timestamp, already unwrapped, into the time since the first one.
func (j *Judge) streamTime(t time.Duration) time.Duration {
	if !j.begun {
		j.begun, j.origin = true, t
	}
	return t - j.origin
}

func (j *Judge) videoPacket(pkt media.Packet, arrival time.Time) {
	dts := j.video.clock.add(pkt.DTS)
	pkt.PTS, pkt.DTS = j.streamTime(dts+pkt.PTS-pkt.DTS), j.streamTime(dts)
	j.video.packet(pkt, arrival, j.o.Settle)
	j.video.decode(pkt, j.picture)
}

func (j *Judge) audioPacket(pkt media.Packet) {
	dts := j.audio.clock.add(pkt.DTS)
	pkt.PTS, pkt.DTS = j.streamTime(dts+pkt.PTS-pkt.DTS), j.streamTime(dts)
	j.audio.packet(pkt)
	j.audio.decode(pkt, j.ear.add)
}

// picture judges one decoded picture; it frees f. f.PTS is in stream time. arrived is
// the wall clock at which its packet came, zero for a file.
func (j *Judge) picture(f *media.Frame, arrived time.Time) {
	defer f.Free()
	at := f.PTS
	j.eye.look(f, at)
	seen := j.tracker.look(f, at)
	var here [pattern.MaxNumber]bool
	for _, s := range seen {
		p := j.person(s.Number)
		if here[s.Number-1] {
			continue // shown twice: the first one counts
		}
		here[s.Number-1] = true
		p.saw(at, s)
		if !arrived.IsZero() && j.video.sinceFirst(arrived) >= j.o.Settle {
			now := pattern.WrapClock(time.Duration(arrived.UnixNano()))
			p.delay.addTime(pattern.ClockDifference(now, s.Clock))
		}
	}
	if j.tracker.searched == at {
		for _, tile := range j.tracker.tiles {
			j.person(tile.Number).hue.add(tile.HueError)
		}
	}
	j.absent(at, here)
	if j.o.Sheet != nil {
		j.o.Sheet.Picture(f, at)
	}
}

// absent notes who is not in the picture: unread as long as the layout has them, gone
// once another layout may have begun.
func (j *Judge) absent(at time.Duration, here [pattern.MaxNumber]bool) {
	for k, p := range j.people {
		if p == nil || here[k] || !p.visible {
			continue
		}
		if at-p.shown < settleAfter && j.tracker.current != nil && j.tracker.current.holds(p.number) {
			p.unread++
			continue
		}
		p.gone(p.shown)
	}
}

// heard takes the levels of the tones.
func (j *Judge) heard(_ time.Duration, levels [pattern.MaxNumber]float64) {
	j.measures++
	for k, db := range levels {
		if db >= heardDB {
			p := j.person(k + 1)
			p.heard++
			p.level.add(db)
		}
	}
	if j.tracker.current != nil && j.tracker.next == nil {
		j.tracker.current.hear(levels)
	}
}

func (j *Judge) person(number int) *person {
	p := &j.people[number-1]
	if *p == nil {
		*p = newPerson(number, &j.o)
	}
	return *p
}
