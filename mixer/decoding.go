package mixer

import (
	"fmt"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// resync is how far sound may be from where its timestamps want it before it is
// moved there at once. Phones' sound stamps jitter by up to 31 ms. While a mapping is
// new, and moves freely, less is let pass.
const resync, resyncNew = 60 * time.Millisecond, 20 * time.Millisecond

// decoding is what a source's decode goroutine owns: its codecs and where its sound
// goes.
type decoding struct {
	s           *source
	video       *decode.Video
	audio       *decode.Audio
	videoConfig []byte
	audioConfig []byte
	begun       [2]bool       // a first header of the kind has come
	epoch       int           // of the timeline that the sound follows
	next        int64         // session sample that the next sound goes to
	playing     bool          // next is set
	heard       time.Duration // session time that the newest timestamp of sound maps to
	offset      time.Duration // that the newest timestamp of sound was mapped with
	steering    steering
	away        awayWatch
	damaged     bool      // an access unit was bad: nothing is shown up to a key frame
	blind       int       // pictures left out since then
	logged      time.Time // when a decoding error was last logged
	backlog     backlog
	cost        time.Duration // of decoding an access unit, averaged; only on a live clock
	coarse      bool          // the deblocking filter is off
	demand      demand        // of the source when the newest packet was taken
}

// maxBlind bounds the access units that are left out after a bad one. Some senders never
// send a key frame again: they refresh the picture bit by bit.
const maxBlind = 300

func newDecoding(s *source) *decoding { return &decoding{s: s, steering: newSteering()} }

// run decodes what is due, the earlier first, until the source is closed.
func (d *decoding) run() {
	if d.s.live {
		ownThread(decodeNice)
	}
	defer func() {
		d.video.Close()
		d.audio.Close()
	}()
	for {
		p, kind, offset, ok := d.take()
		if !ok {
			return
		}
		d.decode(p, kind, offset)
		d.s.mu.Lock()
		d.s.busy = false
		d.s.mu.Unlock()
		if !d.s.live {
			d.s.cond.Broadcast()
		}
	}
}

// take waits for the next packet that is due. It returns with it the offset that
// maps the packet's timestamps to session time.
func (d *decoding) take() (p queued, kind media.Kind, offset time.Duration, ok bool) {
	s := d.s
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.closed {
			return queued{}, 0, 0, false
		}
		if s.behind() {
			d.catchUp()
			continue
		}
		if kind, ok := s.due(); ok {
			q := s.queues[kind].pop()
			s.makeRoom()
			s.busy, d.demand = true, s.demand
			return q, kind, s.offset(&q), true
		}
		if s.ended && !s.drained && s.queues[media.Video].len() == 0 {
			d.drain()
			continue
		}
		s.cond.Wait()
	}
}

// drain brings out what the video decoder holds when the feed has ended. The
// source's lock is held by the caller.
func (d *decoding) drain() {
	s := d.s
	s.drained = true
	if s.kept > 0 {
		d.catchUp()
	}
	if d.video != nil {
		offset := s.timeline.offset
		s.busy = true
		s.mu.Unlock()
		d.note(d.video.Flush(func(f *media.Frame) { d.show(f, offset) }))
		s.mu.Lock()
		s.busy = false
	}
	s.cond.Broadcast()
}

// due says which queue's head is to be decoded now. The source's lock is held.
func (s *source) due() (media.Kind, bool) {
	kind, found := media.Video, false
	var first time.Duration
	for k := range s.queues {
		if s.queues[k].len() == 0 || media.Kind(k) == media.Video && s.stocked() {
			continue
		}
		head := s.queues[k].peek()
		at := s.mapped(head)
		if head.pkt.Config {
			at = s.target
		}
		if at <= s.target+lookahead && (!found || at < first) {
			kind, first, found = media.Kind(k), at, true
		}
	}
	return kind, found
}

// maxStock is how much beyond what is wanted pictures are decoded on a virtual clock, where
// nothing comes late: each of them is memory, and on a live one they are insurance.
const maxStock = 40 * time.Millisecond

// stocked says that there are as many pictures as are worth their memory; the source's lock
// is held.
func (s *source) stocked() bool {
	return !s.live && s.slot.reaches(s.target+maxStock)
}

func (d *decoding) decode(q queued, kind media.Kind, offset time.Duration) {
	switch {
	case q.pkt.Config:
		d.note(d.configure(q.pkt))
	case kind == media.Video:
		if d.video == nil {
			d.drop()
			return
		}
		d.picture(q, offset)
	default:
		if d.audio == nil {
			return
		}
		d.note(d.audio.Decode(q.pkt, func(pts time.Duration, pcm []float32) { d.sound(pts, offset, pcm, q.epoch) }))
	}
}

// picture decodes an access unit, or keeps it if nobody sees the source.
func (d *decoding) picture(q queued, offset time.Duration) {
	at := q.pkt.DTS + offset
	if d.demand.unseen && (at > d.demand.unseenAfter || len(d.backlog.items) > 0) {
		d.keepBack(q)
		return
	}
	d.coarsen(&q, at, d.demand)
	d.access(q.pkt, func(f *media.Frame) { d.show(f, offset) })
}

// access decodes an access unit. After a bad one the pictures are damaged up to the next
// key frame, so the last good one stays; there the decoder begins anew.
func (d *decoding) access(pkt media.Packet, emit func(*media.Frame)) {
	if d.damaged {
		if d.blind++; !pkt.Key && d.blind < maxBlind {
			d.s.mu.Lock()
			d.s.counters.drops.NoKeyFrame++
			d.s.mu.Unlock()
			return
		}
		d.video.Reset()
		d.damaged, d.blind = false, 0
	}
	var began time.Time
	if d.s.live {
		began = time.Now()
	}
	err := d.video.Decode(pkt, emit)
	if d.s.live {
		d.cost += (time.Since(began) - d.cost) / costSmooth
	}
	d.damaged = err != nil && d.s.live
	d.note(err)
}

// costSmooth is the number of access units over which their cost is averaged.
const costSmooth = 16

// show puts a picture into the slot.
func (d *decoding) show(f *media.Frame, offset time.Duration) {
	s := d.s
	f.PTS += offset
	// The picture goes where the sound really is, not where it is being steered to.
	if d.playing && abs(f.PTS-d.heard) < time.Second {
		f.PTS -= d.steering.early()
	}
	s.mu.Lock()
	if s.renewed {
		s.renewed = false
		d.away.reset()
	}
	if s.live {
		d.away.picture(f, f.PTS)
	}
	s.counters.decoded++
	if f.Width() != s.counters.width || f.Height() != s.counters.height {
		s.counters.width, s.counters.height = f.Width(), f.Height()
		s.note(fmt.Sprintf("picture is %d×%d", f.Width(), f.Height()))
	}
	s.active, s.present = d.away.since()
	s.mu.Unlock()
	s.slot.put(f)
}

// sound places decoded samples. They follow one another without a seam as long as
// their timestamps agree with that within resync; a live source that slowly gets
// ahead or behind is played a little slower or faster.
func (d *decoding) sound(pts, offset time.Duration, pcm []float32, epoch int) {
	at := pts + offset
	want, moved := media.SampleIndex(at), media.SampleIndex(offset-d.offset)
	d.offset = offset
	early := want - d.next - d.steering.held()
	limit := resync
	if d.s.live && d.s.settling() {
		limit = resyncNew
	}
	if !d.playing || epoch != d.epoch || abs(media.SampleTime(early)) > limit {
		d.playing, d.epoch, d.next, early, moved = true, epoch, want, 0, 0
		d.steering.reset()
	}
	d.heard = at
	if d.s.live {
		d.away.sound(pcm, at)
		pcm = d.steering.process(early, moved, pcm)
	}
	if taken := d.s.track.Write(d.next, pcm); d.s.live && taken < len(pcm)/media.Channels {
		// Part of it came too late: there is a gap anyway, so go on where the
		// timestamps want it.
		d.playing = false
	}
	d.next += int64(len(pcm) / media.Channels)
	d.s.mu.Lock()
	d.s.soundEnd = media.SampleTime(d.next)
	if d.s.kept == 0 {
		d.s.active, d.s.present = d.away.since()
	}
	if d.s.live {
		// The picture goes where the sound is on average.
		late := d.steering.early() - media.SampleTime(early)
		d.s.counters.skew += (late - d.s.counters.skew) / skewSmooth
	}
	d.s.mu.Unlock()
}

// skewSmooth is the number of blocks over which the skew is averaged.
const skewSmooth = 32

// note counts an error and logs it, at most once a second.
func (d *decoding) note(err error) {
	if err == nil {
		return
	}
	d.s.mu.Lock()
	d.s.counters.errors++
	total := d.s.counters.errors
	d.s.mu.Unlock()
	if now := time.Now(); now.Sub(d.logged) > time.Second {
		d.logged = now
		d.s.log.Warn("input cannot be decoded", "error", err, "errors", total)
	}
}

func (d *decoding) drop() {
	d.s.mu.Lock()
	d.s.counters.drops.Refused++
	d.s.mu.Unlock()
}

func abs(d time.Duration) time.Duration { return max(d, -d) }
