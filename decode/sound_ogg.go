package decode

import (
	"bytes"
	"encoding/binary"
	"io"
)

// oggTail is what the last pages of an Ogg file say (RFC 3533, 6).
type oggTail struct {
	// cut: the last page is not whole.
	cut bool
	// last is the granule position at which the last page begins, which is where the one
	// before ends; 0 if that is not known. FFmpeg cannot tell the time in the last page
	// when it has come there by seeking.
	last int64
	// end is the granule position at which the last page ends.
	end int64
	// alone: it is the only page of sound, so nothing says how its packets are placed.
	alone bool
	// single: the last page is of the stream of the first.
	single bool
}

// maxOggPage is the size of the largest page, in bytes.
const maxOggPage = 27 + 255 + 255*255

// readOggTail reads the end of a file of some size, whose first page has a serial number.
func readOggTail(r io.ReaderAt, size int64, first uint32) (t oggTail) {
	from := max(0, size-4*maxOggPage)
	b := make([]byte, size-from)
	n, _ := r.ReadAt(b, from)
	b = b[:n]
	var serial uint32
	var ends []int64
	for {
		i := bytes.Index(b, []byte("OggS\x00"))
		if i < 0 {
			break
		}
		b = b[i:]
		if len(b) < 27 || len(b) < 27+int(b[26]) {
			t.cut = true
			break
		}
		length := 27 + int(b[26])
		for _, v := range b[27:length] {
			length += int(v)
		}
		t.cut = length > len(b)
		if s := binary.LittleEndian.Uint32(b[14:]); s != serial || len(ends) == 0 {
			serial, ends = s, ends[:0]
		}
		// −1: no packet ends in this page.
		if at := int64(binary.LittleEndian.Uint64(b[6:])); at != -1 {
			ends = append(ends, at)
		}
		b = b[min(length, len(b)):]
	}
	t.single = len(ends) > 0 && serial == first
	if len(ends) > 0 {
		t.end = ends[len(ends)-1]
		t.alone = len(ends) == 1 || ends[len(ends)-2] <= 0
	}
	if len(ends) > 1 {
		t.last = max(0, ends[len(ends)-2])
	}
	return t
}
