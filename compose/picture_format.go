package compose

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// pictureFormat is a format that is allowed.
type pictureFormat struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var (
	pngFormat  = pictureFormat{"png", png.DecodeConfig, png.Decode}
	jpegFormat = pictureFormat{"jpeg", jpeg.DecodeConfig, jpeg.Decode}
)

// signatures tell formats by how a file starts, those that are refused only to name them.
var signatures = []struct {
	offset int
	bytes  string
	name   string
	format *pictureFormat // nil: refused
}{
	{0, "\x89PNG\r\n\x1a\n", "PNG", &pngFormat},
	{0, "\xff\xd8\xff", "JPEG", &jpegFormat},
	{0, "GIF8", "GIF", nil},
	{8, "WEBP", "WebP", nil},
	{4, "ftypavi", "AVIF", nil},
	{4, "ftyphei", "HEIC", nil},
	{4, "ftypmif", "HEIC", nil},
	{0, "BM", "BMP", nil},
	{0, "II*\x00", "TIFF", nil},
	{0, "MM\x00*", "TIFF", nil},
	{0, "%PDF", "PDF", nil},
	{0, "8BPS", "Photoshop", nil},
	{0, "\x1f\x8b", "gzip", nil},
	{0, "PK\x03\x04", "ZIP", nil},
}

// formatOf tells the format by the first bytes. The error is an ErrPicture.
func formatOf(data []byte) (*pictureFormat, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: no bytes; want PNG or JPEG", ErrPicture)
	}
	for _, s := range signatures {
		if len(data) < s.offset || !bytes.HasPrefix(data[s.offset:], []byte(s.bytes)) {
			continue
		}
		if s.format == nil {
			return nil, fmt.Errorf("%w: this is %s; want PNG or JPEG", ErrPicture, s.name)
		}
		return s.format, nil
	}
	const looked = 512 // bytes in which text says what it is
	start := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), looked)], []byte("\xef\xbb\xbf"))))
	switch {
	case !bytes.HasPrefix(start, []byte("<")):
		return nil, fmt.Errorf("%w: no known format; want PNG or JPEG", ErrPicture)
	case bytes.Contains(start, []byte("<svg")):
		return nil, fmt.Errorf("%w: this is SVG; want PNG or JPEG", ErrPicture)
	default:
		return nil, fmt.Errorf("%w: this is HTML or XML; want PNG or JPEG", ErrPicture)
	}
}
