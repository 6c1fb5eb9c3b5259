package compose

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"strings"
	"sync"
	"testing"
)

func TestDecodePictureKinds(t *testing.T) {
	translucent := quarters(40, 20)
	translucent.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 10})
	paletted := image.NewPaletted(image.Rect(0, 0, 40, 20), color.Palette{quarterColours[0], quarterColours[1], quarterColours[2], quarterColours[3], color.NRGBA{9, 8, 7, 99}})
	deep := image.NewNRGBA64(paletted.Rect)
	for y := range 20 {
		for x := range 40 {
			paletted.Set(x, y, quarters(40, 20).At(x, y))
			deep.Set(x, y, translucent.At(x, y))
		}
	}
	clear := image.NewPaletted(paletted.Rect, paletted.Palette)
	copy(clear.Pix, paletted.Pix)
	clear.Pix[0] = 4
	trailing := append(asPNG(t, translucent), bytes.Repeat([]byte("garbage"), 99)...)
	for _, tt := range []struct {
		name  string
		data  []byte
		want  PictureInfo
		first color.NRGBA // of the pixel in the corner, if it has an alpha
	}{
		{"png", asPNG(t, quarters(40, 20)), PictureInfo{"png", 40, 20, false}, quarterColours[0]},
		{"png with alpha", asPNG(t, translucent), PictureInfo{"png", 40, 20, true}, color.NRGBA{200, 100, 50, 10}},
		{"png of 16 bits with alpha", asPNG(t, deep), PictureInfo{"png", 40, 20, true}, color.NRGBA{200, 100, 50, 10}},
		{"png with a palette", asPNG(t, paletted), PictureInfo{"png", 40, 20, false}, quarterColours[0]},
		{"png with a palette with alpha", asPNG(t, clear), PictureInfo{"png", 40, 20, true}, color.NRGBA{9, 8, 7, 99}},
		{"png with something behind it", trailing, PictureInfo{"png", 40, 20, true}, color.NRGBA{200, 100, 50, 10}},
		{"jpeg", asJPEG(t, quarters(40, 20)), PictureInfo{"jpeg", 40, 20, false}, color.NRGBA{}},
		{"jpeg with something behind it", append(asJPEG(t, quarters(40, 20)), 0xff, 0xda, 0, 3), PictureInfo{"jpeg", 40, 20, false}, color.NRGBA{}},
		{"jpeg without EXIF in its APP1", withSegment(asJPEG(t, quarters(40, 20)), 0xe1, []byte("http://ns.adobe.com/xap")), PictureInfo{"jpeg", 40, 20, false}, color.NRGBA{}},
	} {
		img, info, err := DecodePicture(tt.data, PictureLimits{})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if info != tt.want || img.Rect != image.Rect(0, 0, info.W, info.H) {
			t.Errorf("%s: %+v in %v, want %+v", tt.name, info, img.Rect, tt.want)
		}
		if got := inQuarters(img); got != [4]int{0, 1, 2, 3} {
			t.Errorf("%s: colours %v", tt.name, got)
		}
		if got := img.NRGBAAt(0, 0); tt.first.A != 0 && !alike(got, tt.first, 1) {
			t.Errorf("%s: the first pixel is %v, want %v", tt.name, got, tt.first)
		}
		if checked, err := CheckPicture(tt.data, PictureLimits{}); err != nil || checked != info {
			t.Errorf("%s: CheckPicture says %+v, %v", tt.name, checked, err)
		}
	}
}

func TestDecodePictureGrey(t *testing.T) {
	at := func(x, y int) byte { return byte(13*x + 29*y) }
	grey, deep := image.NewGray(image.Rect(0, 0, 11, 7)), image.NewGray16(image.Rect(0, 0, 11, 7))
	for y := range 7 {
		for x := range 11 {
			grey.SetGray(x, y, color.Gray{at(x, y)})
			deep.SetGray16(x, y, color.Gray16{uint16(at(x, y)) << 8})
		}
	}
	for name, data := range map[string][]byte{
		"8 bits": asPNG(t, grey), "16 bits": asPNG(t, deep), "interlaced": interlacedPNG(11, 7, at),
	} {
		img, _, err := DecodePicture(data, PictureLimits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for y := range 7 {
			for x := range 11 {
				if got, v := img.NRGBAAt(x, y), at(x, y); got != (color.NRGBA{v, v, v, 255}) {
					t.Fatalf("%s: pixel %d,%d is %v, want %d", name, x, y, got, v)
				}
			}
		}
	}
	if _, info, err := DecodePicture(asJPEG(t, grey), PictureLimits{}); err != nil || info != (PictureInfo{"jpeg", 11, 7, false}) {
		t.Errorf("a grey JPEG: %+v, %v", info, err)
	}
}

func TestDecodePictureInks(t *testing.T) {
	// Adobe writes inks inverted: 255 is no ink.
	for _, tt := range []struct {
		values    [4]byte
		transform byte
		want      color.NRGBA
	}{
		{[4]byte{255, 255, 255, 255}, 0, color.NRGBA{255, 255, 255, 255}},
		{[4]byte{0, 255, 255, 255}, 0, color.NRGBA{0, 255, 255, 255}},
		{[4]byte{255, 0, 255, 128}, 0, color.NRGBA{128, 0, 128, 255}},
		// Of YCCK the YCC says cyan, magenta and yellow as if they were red, green and blue.
		{[4]byte{0, 128, 128, 255}, 2, color.NRGBA{255, 255, 255, 255}},
		{[4]byte{76, 85, 255, 255}, 2, color.NRGBA{0, 255, 255, 255}},
		{[4]byte{76, 85, 255, 0}, 2, color.NRGBA{0, 0, 0, 255}},
	} {
		img, info, err := DecodePicture(fourInks(tt.values, tt.transform), PictureLimits{})
		if err != nil {
			t.Errorf("%v, transform %d: %v", tt.values, tt.transform, err)
			continue
		}
		if got := img.NRGBAAt(4, 4); !alike(got, tt.want, 2) || info != (PictureInfo{"jpeg", 8, 8, false}) {
			t.Errorf("%v, transform %d: %v, want %v; %+v", tt.values, tt.transform, got, tt.want, info)
		}
	}
}

func TestDecodePictureTurnsUpright(t *testing.T) {
	file := asJPEG(t, quarters(64, 32))
	// Where EXIF's orientation sends the quarters of what is stored.
	want := [9][4]int{
		{0, 1, 2, 3}, {0, 1, 2, 3}, {1, 0, 3, 2}, {3, 2, 1, 0}, {2, 3, 0, 1},
		{0, 2, 1, 3}, {2, 0, 3, 1}, {3, 1, 2, 0}, {1, 3, 0, 2},
	}
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		for o := range uint16(9) {
			img, info, err := DecodePicture(withSegment(file, 0xe1, exif(order, o)), PictureLimits{})
			if err != nil {
				t.Fatal(err)
			}
			size := PictureInfo{"jpeg", 64, 32, false}
			if o >= 5 {
				size.W, size.H = 32, 64
			}
			if got := inQuarters(img); got != want[o] || info != size {
				t.Errorf("%v %d: quarters %v in %+v, want %v in %+v", order, o, got, info, want[o], size)
			}
		}
	}
}

func TestOrientationOfBrokenExif(t *testing.T) {
	good := exif(binary.LittleEndian, 6)[6:]
	if got := orientationOf(good); got != 6 {
		t.Fatalf("orientation %d, want 6", got)
	}
	for n := range len(good) - 4 - 4 { // the value is not needed whole
		if got := orientationOf(good[:n]); got != upright {
			t.Errorf("of %d bytes: orientation %d", n, got)
		}
	}
	change := func(at int, to ...byte) []byte { b := bytes.Clone(good); copy(b[at:], to); return b }
	for name, b := range map[string][]byte{
		"order": change(0, 'X'), "start": change(4, 0xff, 0xff, 0xff, 0xff), "no entries": change(8, 0, 0),
		"tag": change(10, 1), "type": change(12, 4), "count": change(14, 2), "value": change(18, 9), "high byte": change(19, 1),
	} {
		if got := orientationOf(b); got != upright {
			t.Errorf("bad %s: orientation %d", name, got)
		}
	}
}

func TestDecodePictureRefuses(t *testing.T) {
	whole, photo := asPNG(t, quarters(64, 64)), asJPEG(t, quarters(64, 64))
	bomb := bytes.Clone(photo[:len(photo)-2])
	for range maxScans {
		bomb = append(bomb, segment(0xda, []byte{1, 1, 0, 0, 63, 0})...)
	}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 0xff
	wide := quarters(64, 8)
	for _, tt := range []struct {
		name   string
		data   []byte
		limits PictureLimits
		err    error
		says   string
	}{
		{"nothing", nil, PictureLimits{}, ErrPicture, "want PNG or JPEG"},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00"), PictureLimits{}, ErrPicture, "this is GIF; want PNG or JPEG"},
		{"WebP", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), PictureLimits{}, ErrPicture, "this is WebP; want PNG or JPEG"},
		{"AVIF", []byte("\x00\x00\x00\x20ftypavif"), PictureLimits{}, ErrPicture, "this is AVIF; want PNG or JPEG"},
		{"SVG", []byte("\ufeff<?xml version='1.0'?>\n<SVG xmlns='…'>"), PictureLimits{}, ErrPicture, "this is SVG; want PNG or JPEG"},
		{"HTML", []byte("\n<!doctype html><title>404</title>"), PictureLimits{}, ErrPicture, "this is HTML or XML; want PNG or JPEG"},
		{"text", []byte("hello"), PictureLimits{}, ErrPicture, "want PNG or JPEG"},
		{"PNG's signature alone", whole[:8], PictureLimits{}, ErrPicture, "broken png"},
		{"JPEG's signature alone", photo[:3], PictureLimits{}, ErrPicture, "broken jpeg"},
		{"half a PNG", whole[:len(whole)/2], PictureLimits{}, ErrPicture, "broken png"},
		{"PNG without its end", whole[:len(whole)-12], PictureLimits{}, ErrPicture, "broken png"},
		{"half a JPEG", photo[:len(photo)/2], PictureLimits{}, ErrPicture, "broken jpeg"},
		{"damaged PNG", damaged, PictureLimits{}, ErrPicture, "broken png"},
		{"PNG without pixels", rawPNG(9, 9, false, nil), PictureLimits{}, ErrPicture, "broken png"},
		{"PNG of no width", rawPNG(0, 9, false, nil), PictureLimits{}, ErrPicture, "broken png"},
		{"PNG bomb", rawPNG(20000, 20000, false, nil), PictureLimits{}, ErrPictureTooLarge, "20000×20000 pixels; at most 4096×4096"},
		{"one pixel too wide", asPNG(t, wide), PictureLimits{Side: 63}, ErrPictureTooLarge, "64×8 pixels; at most 63×63"},
		{"too wide once upright", withSegment(asJPEG(t, wide), 0xe1, exif(binary.BigEndian, 6)), PictureLimits{Side: 63}, ErrPictureTooLarge, "64×8"},
		{"one byte too many", whole, PictureLimits{Bytes: len(whole) - 1}, ErrPictureTooLarge, "bytes; at most"},
		{"more than the default", make([]byte, DefaultPictureBytes+1), PictureLimits{}, ErrPictureTooLarge, "5242881 bytes; at most 5242880"},
		{"JPEG of many scans", append(bomb, 0xff, 0xd9), PictureLimits{}, ErrPictureTooLarge, "65 scans; at most 64"},
	} {
		img, info, err := DecodePicture(tt.data, tt.limits)
		if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v, want %v: …%s…", tt.name, err, tt.err, tt.says)
		}
		if img != nil || info != (PictureInfo{}) {
			t.Errorf("%s: a picture beside the error", tt.name)
		}
	}
	if _, _, err := DecodePicture(whole, PictureLimits{Bytes: len(whole), Side: 64}); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

// The Exif of a thumbnail's JPEG and its scans lie within a segment: they are not the picture's.
func TestInspectJPEGPassesOverWhatIsInSegments(t *testing.T) {
	inner := withSegment(asJPEG(t, quarters(16, 16)), 0xe1, exif(binary.BigEndian, 3))
	file := withSegment(asJPEG(t, quarters(16, 16)), 0xe2, inner)
	if turn, scans := inspectJPEG(file); turn != upright || scans != 1 {
		t.Errorf("orientation %d and %d scans, want none and 1", turn, scans)
	}
	// The first EXIF counts.
	file = withSegment(withSegment(file, 0xe1, exif(binary.BigEndian, 8)), 0xe1, exif(binary.LittleEndian, 6))
	if turn, _ := inspectJPEG(file); turn != 6 {
		t.Errorf("orientation %d, want 6", turn)
	}
}

func TestDecodePictureConcurrently(t *testing.T) {
	data := asPNG(t, quarters(200, 100))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := CheckPicture(data, PictureLimits{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(decoding) != 0 {
		t.Error("a token is left")
	}
}

func FuzzDecodePicture(f *testing.F) {
	small := quarters(12, 10)
	for _, seed := range [][]byte{
		asPNG(f, small), asJPEG(f, small), withSegment(asJPEG(f, small), 0xe1, exif(binary.BigEndian, 6)),
		fourInks([4]byte{1, 2, 3, 4}, 0), fourInks([4]byte{1, 2, 3, 4}, 2), []byte("GIF89a"), nil,
		interlacedPNG(5, 5, func(x, y int) byte { return byte(x * y) }), rawPNG(20000, 20000, false, nil), rawPNG(1, 1, false, nil),
	} {
		f.Add(seed)
	}
	limits := PictureLimits{Bytes: 1 << 16, Side: 256}
	f.Fuzz(func(t *testing.T, data []byte) {
		img, info, err := DecodePicture(data, limits)
		if err != nil {
			if !errors.Is(err, ErrPicture) && !errors.Is(err, ErrPictureTooLarge) {
				t.Fatalf("error %v is none of those documented", err)
			}
			return
		}
		if img.Rect != image.Rect(0, 0, info.W, info.H) || info.W < 1 || info.W > 256 || info.H < 1 || info.H > 256 {
			t.Fatalf("%+v in %v", info, img.Rect)
		}
		if info.Alpha == img.Opaque() || info.Format != "png" && info.Format != "jpeg" {
			t.Fatalf("%+v", info)
		}
	})
}
