package audio

import (
	"math"
	"sync"
)

// maxRuns bounds the runs in one ring; a source that sends more scattered bits
// than this loses some.
const maxRuns = 64

// maxIndex bounds the indices that are looked at at all, so that sums of them
// cannot overflow (2^62 frames are three million years).
const maxIndex = 1 << 62

// Run is a stretch of frames [Start, End) that follow one another without a seam.
// Two runs that touch are still two: the sound may jump between them.
type Run struct {
	Start, End int64
}

// Counts adds up what became of frames that were written and will not be heard
// as they were.
type Counts struct {
	// Late frames came when their time had been read; dropped.
	Late int64
	// Ahead frames were further ahead than the ring is long; dropped.
	Ahead int64
	// Held frames would have replaced others of which the reader has begun the
	// fade; dropped.
	Held int64
	// Crowded frames would have made too many runs; dropped.
	Crowded int64
	// Overwritten frames were in the ring and newer ones took their place.
	Overwritten int64
	// Damaged samples (not frames) were not finite, or beyond ±16 of full scale;
	// silenced or clamped.
	Damaged int64
}

// Ring holds the frames of one source around now, addressed by absolute index.
// The window is [next, next+capacity), where next is the end of the last Read.
//
// Write, Clear, End and Counts may be called by one goroutine while another one
// reads; the lock is held only for copying.
type Ring struct {
	mu   sync.Mutex
	pcm  []float32 // grows up to the window; a power of two of frames
	mask int64     // of the window
	hold int64

	next     int64 // the first frame that has not been read
	started  bool  // Read has been called
	open     int64 // where the last write ended
	openable bool  // a write at open continues the one before

	runs   [maxRuns]Run // in order, disjoint, each ending after next
	n      int
	counts Counts

	read [maxRuns]Run // what Read returned; the reader's
}

// firstFrames is how much memory a ring has at first: 0.34 s. Few sources ever need more.
const firstFrames = 1 << 14

// NewRing makes a ring of at least frames frames (rounded up to a power of two). Its memory
// grows to that as it is written ahead.
// Of the run that is being read, the hold frames that are due next can no longer
// be replaced or cleared: the reader may have planned on them.
func NewRing(frames, hold int) *Ring {
	size := 1
	for size < frames {
		size *= 2
	}
	return &Ring{pcm: make([]float32, min(size, firstFrames)*Channels), mask: int64(size - 1), hold: int64(hold)}
}

// offset returns where in pcm the frame of index at is.
func (r *Ring) offset(at int64) int { return int(at&int64(len(r.pcm)/Channels-1)) * Channels }

// grow gives the ring memory up to its last frame; what it holds stays where it is.
func (r *Ring) grow() {
	need, have := r.runs[r.n-1].End-r.next, int64(len(r.pcm)/Channels)
	if need <= have {
		return
	}
	for have < need {
		have *= 2
	}
	small := Ring{pcm: r.pcm}
	r.pcm = make([]float32, have*Channels)
	for _, run := range r.runs[:r.n] {
		for at := max(run.Start, r.next); at < run.End; at++ {
			copy(r.pcm[r.offset(at):][:Channels], small.pcm[small.offset(at):])
		}
	}
}

// Capacity returns the length of the window in frames.
func (r *Ring) Capacity() int { return int(r.mask) + 1 }

// Write puts interleaved pcm (a trailing odd sample is left out) at index at and
// returns how many frames were taken. It copies. A write that starts where the one
// before ended continues its run; any other starts a run of its own. Where frames
// are there already the newer ones replace them, save those that are held. Frames
// outside the window are dropped. What was lost is in Counts.
//
// Before the first Read the window starts at the first write.
func (r *Ring) Write(at int64, pcm []float32) int {
	if at > maxIndex || at < -maxIndex || len(pcm) < Channels {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.started && r.n == 0 {
		r.next = at
	}
	start, end := r.admit(at, at+int64(len(pcm)/Channels))
	joins := r.openable && at == r.open && start == at && r.endsAt(start)
	r.open, r.openable = end, start < end
	if start >= end {
		return 0
	}
	if !r.place(start, end, joins) {
		r.counts.Crowded += end - start
		r.openable = false
		return 0
	}
	r.grow()
	r.fill(start, pcm[(start-at)*Channels:(end-at)*Channels])
	return int(end - start)
}

// maxSample is the loudest sample that is taken as it is: 24 dB over full scale.
const maxSample = 16

// fill copies pcm to index at, which must be within the window, and makes every
// sample a sane number: a broken stream can decode to anything.
func (r *Ring) fill(at int64, pcm []float32) {
	for len(pcm) > 0 {
		i := r.offset(at)
		dst := r.pcm[i:min(len(r.pcm), i+len(pcm))]
		for j, v := range pcm[:len(dst)] {
			if !(v >= -maxSample && v <= maxSample) {
				r.counts.Damaged++
				v = sane(v)
			}
			dst[j] = v
		}
		at += int64(len(dst) / Channels)
		pcm = pcm[len(dst):]
	}
}

// sane returns silence for what is not a number or endless, else v clamped to ±maxSample.
func sane(v float32) float32 {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return max(-maxSample, min(maxSample, v))
}

// Read copies the frames from index at on into dst (interleaved), with silence
// where there are none, and returns the runs that end after at: those that dst
// holds and those that lie ahead, in order. They are valid until the next Read.
// What has been read is gone, and so is everything before it.
func (r *Ring) Read(at int64, dst []float32) []Run {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(at)
	if r.started && at < r.next {
		r.goBack()
	}
	end := at + int64(len(dst)/Channels)
	pos := at
	for _, run := range r.runs[:r.n] {
		from, to := max(run.Start, at), min(run.End, end)
		if from >= to {
			continue
		}
		clear(dst[(pos-at)*Channels : (from-at)*Channels])
		r.copyOut(dst[(from-at)*Channels:(to-at)*Channels], from)
		pos = to
	}
	clear(dst[(pos-at)*Channels:])
	n := copy(r.read[:], r.runs[:r.n])
	r.next, r.started = end, true
	r.forget(end)
	r.cutAhead()
	return r.read[:n]
}

// copyOut copies the frames from index at on into dst.
func (r *Ring) copyOut(dst []float32, at int64) {
	i := r.offset(at)
	n := copy(dst, r.pcm[i:])
	copy(dst[n:], r.pcm)
}

// Clear drops the frames from index from on, save those that are held, and makes
// the next write start a run of its own, even where it touches what is left.
func (r *Ring) Clear(from int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from = max(from, r.heldUntil())
	for r.n > 0 && r.runs[r.n-1].End > from {
		run := &r.runs[r.n-1]
		if run.Start < from {
			run.End = from
			break
		}
		r.n--
	}
	r.openable = false
}

// End returns the index after the newest frame that waits to be read; if none
// does, the index that will be read next.
func (r *Ring) End() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 0 {
		return r.next
	}
	return r.runs[r.n-1].End
}

// Counts returns what was lost so far.
func (r *Ring) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}
