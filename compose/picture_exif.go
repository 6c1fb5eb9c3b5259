package compose

import (
	"bytes"
	"encoding/binary"
	"image"

	"github.com/disintegration/imaging"
)

// orientation is how a camera was held, as EXIF's tag 0x0112 counts, 1–8.
type orientation uint16

// upright needs no turning.
const upright orientation = 1

// apply returns img turned upright; img itself if it is.
func (o orientation) apply(img *image.NRGBA) *image.NRGBA {
	switch o {
	case 2:
		return imaging.FlipH(img)
	case 3:
		return imaging.Rotate180(img)
	case 4:
		return imaging.FlipV(img)
	case 5:
		return imaging.Transpose(img)
	case 6:
		return imaging.Rotate270(img) // counter-clockwise
	case 7:
		return imaging.Transverse(img)
	case 8:
		return imaging.Rotate90(img)
	default:
		return img
	}
}

// Markers of JPEG (ITU-T T.81, table B.1) that inspectJPEG knows.
const (
	markerTEM  = 0x01
	markerRST0 = 0xd0
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerAPP1 = 0xe1
)

// inspectJPEG walks the segments of a JPEG up to its end and returns the orientation that
// its first EXIF says, upright without one, and the number of scans. It reads as leniently as
// image/jpeg does: what is no marker is passed over.
func inspectJPEG(data []byte) (turn orientation, scans int) {
	turn = upright
	exif := false
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 >= len(data) {
			return turn, scans
		}
		marker := data[i+1]
		if marker == 0xff { // fill bytes
			data = data[i+1:]
			continue
		}
		data = data[i+2:]
		switch {
		case marker == markerEOI:
			return turn, scans
		case marker == 0, marker == markerTEM, marker >= markerRST0 && marker <= markerSOI:
			continue // no segment
		case marker == markerSOS:
			scans++
		}
		if len(data) < 2 {
			return turn, scans
		}
		n := int(binary.BigEndian.Uint16(data))
		if n < 2 || n > len(data) {
			return turn, scans
		}
		if tiff, ok := bytes.CutPrefix(data[2:n], []byte("Exif\x00\x00")); ok && marker == markerAPP1 && !exif {
			turn, exif = orientationOf(tiff), true
		}
		data = data[n:]
	}
}

// orientationOf reads the orientation of the first directory of an EXIF block; upright
// if it has none that makes sense.
func orientationOf(tiff []byte) orientation {
	const (
		tag, short = 0x0112, 3
		entry      = 12 // bytes
	)
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(tiff) < 8 {
		return upright
	}
	start := order.Uint32(tiff[4:])
	if uint64(start)+2 > uint64(len(tiff)) {
		return upright
	}
	entries := int(order.Uint16(tiff[start:]))
	rest := tiff[start+2:]
	for ; entries > 0 && len(rest) >= entry; entries-- {
		if order.Uint16(rest) == tag && order.Uint16(rest[2:]) == short && order.Uint32(rest[4:]) == 1 {
			if o := orientation(order.Uint16(rest[8:])); o >= 1 && o <= 8 {
				return o
			}
			return upright
		}
		rest = rest[entry:]
	}
	return upright
}
