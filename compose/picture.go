package compose

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"github.com/disintegration/imaging"
)

// The faults of a picture from outside. Their wrapped messages say what was found and what
// is allowed.
var (
	// ErrPicture is returned for bytes that are no picture, a broken one, or one of a format
	// other than PNG and JPEG.
	ErrPicture = errors.New("compose: bad picture")
	// ErrPictureTooLarge is returned for a picture of too many bytes, pixels or scans. It
	// has not been decoded.
	ErrPictureTooLarge = errors.New("compose: picture too large")
)

// PictureLimits bounds a picture from outside.
type PictureLimits struct {
	// Bytes bounds the file; 0 stands for DefaultPictureBytes.
	Bytes int
	// Side bounds the width and the height in pixels; 0 stands for DefaultPictureSide.
	Side int
}

// What the zero PictureLimits allows.
const (
	DefaultPictureBytes = 5 << 20
	DefaultPictureSide  = 4096 // pixels
)

// maxScans bounds the passes of a progressive JPEG. Encoders make about 10. Each costs
// time for the whole picture but only some bytes of the file, so thousands would fit into it.
const maxScans = 64

// PictureInfo says what a picture is.
type PictureInfo struct {
	// Format is "png" or "jpeg".
	Format string
	// W and H are the sides in pixels, upright.
	W, H int
	// Alpha says that at least one pixel is not opaque.
	Alpha bool
}

// decoding holds a token while a picture is decoded: one at a time, because with
// the default limits the worst of them take some 500 MB for a second (progressive CMYK).
var decoding = make(chan struct{}, 1)

// CheckPicture says whether DecodePicture takes data, and what it is. It decodes all of it:
// what passes is not broken.
func CheckPicture(data []byte, l PictureLimits) (PictureInfo, error) {
	_, info, err := DecodePicture(data, l)
	return info, err
}

// DecodePicture reads a PNG or a JPEG of any kind that Go's decoders know: palettes, 16 bits,
// interlaced, greyscale, progressive, CMYK. Data may be anything: size and format are checked before
// a pixel is decoded, and one picture is decoded at a time, while other callers wait. The
// result is 8-bit sRGB with straight alpha (colour profiles are ignored), turned upright
// as the EXIF of a JPEG says. What follows the picture's end is ignored. The error is an
// ErrPicture or an ErrPictureTooLarge. The caller owns the picture.
func DecodePicture(data []byte, l PictureLimits) (*image.NRGBA, PictureInfo, error) {
	if l.Bytes <= 0 {
		l.Bytes = DefaultPictureBytes
	}
	if l.Side <= 0 {
		l.Side = DefaultPictureSide
	}
	if len(data) > l.Bytes {
		return nil, PictureInfo{}, fmt.Errorf("%w: %d bytes; at most %d", ErrPictureTooLarge, len(data), l.Bytes)
	}
	f, err := formatOf(data)
	if err != nil {
		return nil, PictureInfo{}, err
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	img, err := f.decodeWithin(data, l.Side)
	if err != nil {
		return nil, PictureInfo{}, err
	}
	size := img.Rect.Size()
	return img, PictureInfo{Format: f.name, W: size.X, H: size.Y, Alpha: !img.Opaque()}, nil
}

// decodeWithin decodes data if it is no larger than side in either direction.
func (f *pictureFormat) decodeWithin(data []byte, side int) (*image.NRGBA, error) {
	header, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: broken %s: %w", ErrPicture, f.name, err)
	}
	if header.Width <= 0 || header.Height <= 0 {
		return nil, fmt.Errorf("%w: %d×%d pixels", ErrPicture, header.Width, header.Height)
	}
	if header.Width > side || header.Height > side {
		return nil, fmt.Errorf("%w: %d×%d pixels; at most %d×%d", ErrPictureTooLarge, header.Width, header.Height, side, side)
	}
	turn := upright
	if f == &jpegFormat {
		var scans int
		if turn, scans = inspectJPEG(data); scans > maxScans {
			return nil, fmt.Errorf("%w: a JPEG of %d scans; at most %d", ErrPictureTooLarge, scans, maxScans)
		}
	}
	decoded, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: broken %s: %w", ErrPicture, f.name, err)
	}
	img, ok := decoded.(*image.NRGBA)
	if !ok {
		img = imaging.Clone(decoded)
	}
	return turn.apply(img), nil
}
