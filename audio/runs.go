package audio

// How a Ring keeps its runs: in order, disjoint, never more than maxRuns. All of
// these want the lock held.

// admit cuts [start, end) to what may be written now and counts the rest.
func (r *Ring) admit(start, end int64) (int64, int64) {
	if cut := min(end, r.next); start < cut {
		r.counts.Late += cut - start
		start = cut
	}
	if cut := max(start, r.next+r.mask+1); end > cut {
		r.counts.Ahead += end - cut
		end = cut
	}
	if cut := min(end, r.heldUntil()); start < cut {
		r.counts.Held += cut - start
		start = cut
	}
	return start, end
}

// heldUntil returns the end of the frames that the reader has planned on, or next
// if there are none.
func (r *Ring) heldUntil() int64 {
	if r.started && r.n > 0 && r.runs[0].Start <= r.next {
		return min(r.runs[0].End, r.next+r.hold)
	}
	return r.next
}

// endsAt says whether a run ends at i.
func (r *Ring) endsAt(i int64) bool {
	for _, run := range r.runs[:r.n] {
		if run.End == i {
			return true
		}
	}
	return false
}

// place makes room for [start, end) among the runs and enters it, as the
// continuation of the run that ends at start if it joins. It reports false, and
// changes nothing, when there would be too many runs.
func (r *Ring) place(start, end int64, joins bool) bool {
	var runs [maxRuns + 2]Run
	n, entered := 0, false
	var overwritten int64
	enter := func() {
		if !entered {
			entered = true
			runs[n] = Run{start, end}
			n++
		}
	}
	for _, run := range r.runs[:r.n] {
		switch {
		case run.End == start && joins:
			runs[n] = Run{run.Start, end}
			n++
			entered = true
		case run.End <= start:
			runs[n] = run
			n++
		case run.Start >= end:
			enter()
			runs[n] = run
			n++
		default: // overlaps
			overwritten += min(run.End, end) - max(run.Start, start)
			if run.Start < start {
				runs[n] = Run{run.Start, start}
				n++
			}
			enter()
			if run.End > end {
				runs[n] = Run{end, run.End}
				n++
			}
		}
	}
	enter()
	if n > maxRuns {
		return false
	}
	r.n = copy(r.runs[:], runs[:n])
	r.counts.Overwritten += overwritten
	return true
}

// forget takes out the runs that end at or before index i. A run that has begun
// keeps its start, for that is where its sound began.
func (r *Ring) forget(i int64) {
	k := 0
	for k < r.n && r.runs[k].End <= i {
		k++
	}
	r.n = copy(r.runs[:], r.runs[k:r.n])
}

// goBack takes out what had been read when the reader goes back: its place may
// have been used again.
func (r *Ring) goBack() {
	r.forget(r.next)
	if r.n > 0 {
		r.runs[0].Start = max(r.runs[0].Start, r.next)
	}
}

// cutAhead drops what lies beyond the window, which happens only when the reader
// went back.
func (r *Ring) cutAhead() {
	limit := r.next + r.mask + 1
	for r.n > 0 && r.runs[r.n-1].End > limit {
		run := &r.runs[r.n-1]
		cut := max(run.Start, limit)
		r.counts.Ahead += run.End - cut
		if run.End = cut; run.Start == cut {
			r.n--
		}
	}
}
