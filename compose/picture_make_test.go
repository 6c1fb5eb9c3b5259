package compose

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// quarterColours are the colours of the quarters of a test picture, from left to right, then below.
var quarterColours = [4]color.NRGBA{{230, 30, 40, 255}, {30, 200, 60, 255}, {40, 60, 220, 255}, {240, 220, 50, 255}}

// quarters returns a w×h picture of four colours.
func quarters(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, quarterColours[2*y/h*2+2*x/w])
		}
	}
	return img
}

// inQuarters returns which corner's colour is in the middle of each quarter of img; -1 for none.
func inQuarters(img *image.NRGBA) (found [4]int) {
	for i := range found {
		got := img.NRGBAAt(img.Rect.Min.X+img.Rect.Dx()*(1+2*(i%2))/4, img.Rect.Min.Y+img.Rect.Dy()*(1+2*(i/2))/4)
		found[i] = -1
		for j, c := range quarterColours {
			if alike(got, c, 12) {
				found[i] = j
			}
		}
	}
	return found
}

// alike says that no channel differs by more than most.
func alike(a, b color.NRGBA, most int) bool {
	for _, d := range [4]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if max(d, -d) > most {
			return false
		}
	}
	return true
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rawPNG returns a greyscale 8-bit PNG that consists of a header and the scan lines given.
func rawPNG(w, h int, interlaced bool, lines []byte) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
		start := len(b)
		b = append(append(b, name...), data...)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
	}
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = append(binary.BigEndian.AppendUint32(header, uint32(h)), 8, 0, 0, 0, 0)
	if interlaced {
		header[12] = 1
	}
	chunk("IHDR", header)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(lines)
	z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return b
}

// interlacedPNG returns a greyscale PNG in the seven passes of Adam7.
func interlacedPNG(w, h int, at func(x, y int) byte) []byte {
	var lines []byte
	for _, pass := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		for y := pass[1]; y < h && pass[0] < w; y += pass[3] {
			lines = append(lines, 0) // no filter
			for x := pass[0]; x < w; x += pass[2] {
				lines = append(lines, at(x, y))
			}
		}
	}
	return rawPNG(w, h, true, lines)
}

// segment returns a JPEG segment.
func segment(marker byte, data []byte) []byte {
	b := []byte{0xff, marker}
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data)+2)), data...)
}

// withSegment returns a JPEG with another segment at its start.
func withSegment(file []byte, marker byte, data []byte) []byte {
	return bytes.Join([][]byte{file[:2], segment(marker, data), file[2:]}, nil)
}

// exif returns an EXIF block whose only entry is an orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("Exif\x00\x00II")
	if order.String() == "BigEndian" {
		b = []byte("Exif\x00\x00MM")
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8) // where the directory starts
	b = order.AppendUint16(b, 1) // entries
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3) // short
	b = order.AppendUint32(b, 1) // count
	b = order.AppendUint16(b, orientation)
	b = order.AppendUint16(b, 0)
	return order.AppendUint32(b, 0) // no further directory
}

// fourInks returns an 8×8 baseline JPEG of four components, each one plain value. Transform is
// what Adobe's segment says: 0 CMYK, 2 YCCK.
func fourInks(values [4]byte, transform byte) []byte {
	b := []byte{0xff, 0xd8}
	b = append(b, segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform))...)
	table := make([]byte, 65)
	for i := range 64 {
		table[1+i] = 8 // so that a DC of 1 is one step
	}
	b = append(b, segment(0xdb, table)...)
	b = append(b, segment(0xc0, []byte{8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0})...)
	// DC: twelve categories in codes of 4 bits. AC: the end of the block alone, a 0.
	b = append(b, segment(0xc4, append([]byte{0x00, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))...)
	b = append(b, segment(0xc4, append([]byte{0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0))...)
	b = append(b, segment(0xda, []byte{4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0})...)
	var bits []byte
	put := func(v, n int) {
		for i := n - 1; i >= 0; i-- {
			bits = append(bits, byte(v>>i&1))
		}
	}
	for _, v := range values {
		dc, category := int(v)-128, 0
		for m := max(dc, -dc); m > 0; m >>= 1 {
			category++
		}
		put(category, 4)
		if dc < 0 {
			dc += 1<<category - 1
		}
		put(dc, category)
		put(0, 1)
	}
	for len(bits)%8 != 0 {
		bits = append(bits, 1)
	}
	for i := 0; i < len(bits); i += 8 {
		var v byte
		for _, bit := range bits[i : i+8] {
			v = v<<1 | bit
		}
		if b = append(b, v); v == 0xff {
			b = append(b, 0)
		}
	}
	return append(b, 0xff, 0xd9)
}
