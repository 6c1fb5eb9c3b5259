package decode

import (
	"encoding/binary"
	"io"
)

// maxBoxes bounds how many boxes of an MP4 are looked at.
const maxBoxes = 10000

// mp4Times is what an MP4 says of the time of its first sound track (ISO/IEC 14496-12).
// FFmpeg gives the length as the edit list has it, which is rounded to the clock of the
// whole film: milliseconds, often.
type mp4Times struct {
	scale    int64 // ticks a second of the track
	duration int64 // of all that is coded, in ticks of the track
	start    int64 // what the edit list leaves out before the sound, in ticks of the track
	edits    int64 // entries of the edit list that play something
	delayed  bool  // the edit list begins with a pause
	edited   int64 // length by the edit list, in ticks of the film; 0 if it does not say
	film     int64 // ticks a second of the film
}

// length returns how long the sound is, in ticks of the track; -1 if that is not clear.
func (m mp4Times) length() int64 {
	if m.scale <= 0 || m.duration <= 0 || m.edits > 1 || m.delayed || m.start > m.duration {
		return -1
	}
	whole := m.duration - m.start
	if m.edited == 0 || m.film <= 0 || m.edited > maxSoundFrames/m.scale {
		return whole
	}
	tick := m.scale/m.film + 1
	edited := m.edited * m.scale / m.film
	if edited >= whole-tick {
		return whole
	}
	return edited
}

// readMP4Times reads a file of some size. What it cannot follow is left zero.
func readMP4Times(r io.ReaderAt, size int64) mp4Times {
	w := boxWalk{r: r}
	var m mp4Times
	w.each(0, size, func(kind string, from, to int64) {
		if kind == "moov" {
			m = w.moov(from, to)
		}
	})
	return m
}

// boxWalk reads boxes of one file.
type boxWalk struct {
	r io.ReaderAt
	n int
}

// each visits the boxes between two offsets; from and to are those of a box's content.
func (w *boxWalk) each(at, end int64, visit func(kind string, from, to int64)) {
	for ; at+8 <= end && w.n < maxBoxes; w.n++ {
		var b [16]byte
		n, _ := w.r.ReadAt(b[:], at)
		if n < 8 {
			return
		}
		size, header := int64(binary.BigEndian.Uint32(b[:])), int64(8)
		switch {
		case size == 0:
			size = end - at
		case size == 1 && n == 16:
			size, header = int64(binary.BigEndian.Uint64(b[8:])), 16
		}
		if size < header || size > end-at {
			return
		}
		visit(string(b[4:8]), at+header, at+size)
		at += size
	}
}

// field reads a big-endian number of n bytes; 0 where the box is too short.
func (w *boxWalk) field(at, end int64, n int) int64 {
	var b [8]byte
	if at+int64(n) > end {
		return 0
	}
	if _, err := w.r.ReadAt(b[8-n:], at); err != nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b[:]))
}

func (w *boxWalk) moov(from, to int64) (m mp4Times) {
	film := int64(0)
	w.each(from, to, func(kind string, from, to int64) {
		switch kind {
		case "mvhd":
			film, _ = w.clock(from, to)
		case "trak":
			if m.scale == 0 {
				if t, sound := w.trak(from, to); sound {
					m = t
				}
			}
		}
	})
	m.film = film
	return m
}

// clock reads the scale and the duration of a mvhd or mdhd box.
func (w *boxWalk) clock(from, to int64) (scale, duration int64) {
	if w.field(from, to, 1) == 1 {
		return w.field(from+20, to, 4), w.field(from+24, to, 8)
	}
	return w.field(from+12, to, 4), w.field(from+16, to, 4)
}

func (w *boxWalk) trak(from, to int64) (m mp4Times, sound bool) {
	w.each(from, to, func(kind string, from, to int64) {
		w.each(from, to, func(inner string, from, to int64) {
			switch kind + " " + inner {
			case "mdia mdhd":
				m.scale, m.duration = w.clock(from, to)
			case "mdia hdlr":
				sound = w.field(from+8, to, 4) == 0x736f756e // soun
			case "edts elst":
				w.edits(from, to, &m)
			}
		})
	})
	return m, sound
}

// edits reads an edit list.
func (w *boxWalk) edits(from, to int64, m *mp4Times) {
	size := int64(12)
	n := 4
	if w.field(from, to, 1) == 1 {
		size, n = 20, 8
	}
	nothing := int64(1)<<(8*n-1)<<1 - 1 // −1 in n bytes
	for i, at := int64(0), from+8; i < min(w.field(from+4, to, 4), 16) && at+size <= to; i, at = i+1, at+size {
		length, start := w.field(at, to, n), w.field(at+int64(n), to, n)
		if start == nothing {
			m.delayed = true
			continue
		}
		m.edits++
		m.edited, m.start = length, start
	}
}
