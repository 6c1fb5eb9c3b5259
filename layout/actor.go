package layout

import (
	"cmp"
	"time"
)

// actor is one tile under way.
type actor struct {
	place      Placement // where it goes
	from, to   pose
	z          int // the Z that it comes from
	began      time.Duration
	transition Transition
	leaving    bool
	part       part
	under      pose // where it waits, with the part last
}

// part says in which part of a transition's time a tile is under way.
type part uint8

const (
	whole part = iota
	// first is the part of a tile that sinks, and grows over another.
	first
	// last is that of the tile below it, which comes up as a tile when it is covered.
	last
)

// handOverAt is the share of a transition's time at which the first part ends and the
// last begins.
const handOverAt = 2.0 / 3

// handOver sees to main speakers behind floating tiles who change. Were both to
// move at once, one would come out of the middle of the other, with the background
// around them. Instead the new one grows over the old one, who then appears as a tile.
func handOver(actors []actor) {
	for i := range actors {
		for j := range actors {
			up, down := &actors[i], &actors[j]
			if up.part == whole && up.z < up.place.Z && down.z > down.place.Z && down.place.Z >= up.z && down.willCover(up) {
				down.part, up.part = first, last
				up.under, up.from = up.from, up.to.away()
			}
		}
	}
}

// willCover says that nothing of what o is now will be seen when a has arrived.
func (a *actor) willCover(o *actor) bool {
	return a.to.contains(o.from) && a.to.fade == 0 && a.place.Fit != Contain
}

// growth tells apart tiles that shrink, stay and grow. What grows is what the eye is to
// follow: on the way it goes over the others of its Z. Tiles that change their Z have an
// order of their own.
func (a *actor) growth() int {
	if a.z != a.place.Z {
		return 0
	}
	size := func(p pose) float64 { return (p.right - p.left) * (p.bottom - p.top) }
	return cmp.Compare(size(a.to), size(a.from))
}

// progress returns how much of the transition's time has passed, 0–1.
func (a *actor) progress(now time.Duration) float64 {
	if a.transition.Duration <= 0 || now-a.began >= a.transition.Duration {
		return 1
	}
	return max(0, float64(now-a.began)/float64(a.transition.Duration))
}

// way returns how much of the way is done, 0–1.
func (a *actor) way(now time.Duration) float64 {
	p := a.progress(now)
	switch a.part {
	case first:
		p /= handOverAt
	case last:
		p = (p - handOverAt) / (1 - handOverAt)
	}
	return a.transition.Easing.At(p)
}

func (a *actor) pose(now time.Duration) pose {
	if a.part == last && a.progress(now) < handOverAt {
		return a.under
	}
	return a.from.toward(a.to, a.way(now))
}

// zAt returns the Z of the moment. It changes half-way, unless the tile hands over.
func (a *actor) zAt(now time.Duration) int {
	before := a.way(now) < .5
	if a.part != whole {
		before = a.progress(now) < handOverAt
	}
	if before {
		return a.z
	}
	return a.place.Z
}
