package decode

import (
	"errors"
	"strconv"
	"testing"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/media"
)

func headerOf(t testing.TB, w, h int) []byte {
	t.Helper()
	v, err := encode.NewVideo(encode.VideoConfig{Width: w, Height: h, FrameRate: media.FPS(30), Bitrate: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	return v.Config()
}

func TestPictureSizeIsReadFromTheHeader(t *testing.T) {
	for _, size := range [][2]int{{16, 16}, {360, 640}, {640, 360}, {540, 960}, {1280, 720}, {1920, 1080}, {1080, 1920}} {
		w, h, ok := pictureSize(media.CodecH264, headerOf(t, size[0], size[1]))
		// Coded are whole macroblocks of 16×16.
		if wantW, wantH := (size[0]+15)&^15, (size[1]+15)&^15; !ok || w != wantW || h != wantH {
			t.Errorf("%v is read as %d×%d, %v; want %d×%d", size, w, h, ok, wantW, wantH)
		}
	}
}

// absurd is a header of 8176×8176 pixels: High, 4:2:0, frames only, one reference.
var absurd = avcc("1"+"010"+"1"+"1"+"0"+"0"+ // set 0, 4:2:0, 8 bits twice, no bypass, no lists
	"1"+"011"+"010"+"0"+ // frame numbers of 4 bits, order type 2, 1 reference, no gaps
	"00000000111111111"+"00000000111111111"+ // 511 macroblocks each way
	"1"+"1"+"0"+"0", 100)

// avcc makes a header around the bits of a sequence parameter set.
func avcc(bits string, profile byte) []byte {
	unit := []byte{0x67, profile, 0, 52}
	for bits += "1"; len(bits)%8 != 0; {
		bits += "0"
	}
	for i := 0; i < len(bits); i += 8 {
		v, err := strconv.ParseUint(bits[i:i+8], 2, 8)
		if err != nil {
			panic(err)
		}
		unit = append(unit, byte(v))
	}
	header := append([]byte{1, profile, 0, 52, 0xff, 0xe1, 0, byte(len(unit))}, unit...)
	return append(header, 1, 0, 4, 0x68, 0xee, 0x3c, 0x80)
}

func TestAbsurdSizesAreRefusedBeforeAnythingIsDecoded(t *testing.T) {
	w, h, ok := pictureSize(media.CodecH264, absurd)
	if !ok || w != 8176 || h != 8176 {
		t.Fatalf("read %d×%d, %v", w, h, ok)
	}
	before := media.Live()
	if d, err := NewVideo(media.CodecH264, absurd, VideoOptions{}); !errors.Is(err, ErrTooLarge) {
		d.Close()
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if media.Live() != before {
		t.Error("native objects are left")
	}
	d, err := NewVideo(media.CodecH264, headerOf(t, 1920, 1080), VideoOptions{MaxPixels: 1920 * 1088})
	if err != nil {
		t.Errorf("a size at the bound: %v", err)
	}
	d.Close()
}

func FuzzPictureSize(f *testing.F) {
	f.Add(true, headerOf(f, 360, 640))
	f.Add(true, absurd)
	f.Add(false, absurd)
	f.Fuzz(func(t *testing.T, h264 bool, config []byte) {
		codec := media.CodecHEVC
		if h264 {
			codec = media.CodecH264
		}
		if w, h, ok := pictureSize(codec, config); ok && (w < 0 || h < 0 || w > 1<<22 || h > 1<<22) {
			t.Errorf("%d×%d", w, h)
		}
	})
}
