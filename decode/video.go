package decode

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// MaxPixels bounds width×height of a picture by default.
const MaxPixels = 3840 * 2160

// VideoOptions bounds and tunes a video decoder. The zero value decodes everything.
type VideoOptions struct {
	// MaxPixels bounds width×height; 0 means the constant MaxPixels. A configuration
	// beyond it is ErrTooLarge, an access unit that goes beyond it later is ErrData.
	MaxPixels int
}

// Video decodes one H.264 or HEVC stream into 4:2:0 pictures. One goroutine owns it.
type Video struct {
	n     *native
	scale *astiav.SoftwareScaleContext // only for sources that are not 8-bit 4:2:0
	from  scaleKey
}

// scaleKey is what a pixel format converter was made for.
type scaleKey struct {
	format astiav.PixelFormat
	w, h   int
}

// NewVideo makes a decoder for codec from its configuration: an avcC or hvcC
// record as RTMP's sequence header carries it. The caller closes it.
// Errors: ErrUnsupported, ErrConfig, ErrTooLarge.
func NewVideo(codec media.Codec, config []byte, o VideoOptions) (*Video, error) {
	id, ok := map[media.Codec]astiav.CodecID{
		media.CodecH264: astiav.CodecIDH264,
		media.CodecHEVC: astiav.CodecIDHevc,
	}[codec]
	if !ok {
		return nil, fmt.Errorf("%w: video %s", ErrUnsupported, codec)
	}
	if err := checkVideoConfig(codec, config); err != nil {
		return nil, err
	}
	o.MaxPixels = cmp.Or(o.MaxPixels, MaxPixels)
	if w, h, ok := pictureSize(codec, config); ok && w*h > o.MaxPixels {
		return nil, fmt.Errorf("%w: %d×%d; at most %d pixels", ErrTooLarge, w, h, o.MaxPixels)
	}
	return newVideo(id, o, func(c *astiav.CodecContext) error { return c.SetExtraData(config) })
}

func newVideo(id astiav.CodecID, o VideoOptions, configure func(*astiav.CodecContext) error) (*Video, error) {
	n, err := open(id, map[string]string{"max_pixels": strconv.Itoa(cmp.Or(o.MaxPixels, MaxPixels))}, configure)
	if err != nil {
		return nil, err
	}
	return &Video{n: n}, nil
}

// Decode decodes one access unit and calls emit for each picture that comes out,
// in the order of their PTS. emit owns the frame; its PTS is the packet's.
// On ErrData the decoder goes on with the next packet; pictures may be damaged
// until the next key frame.
func (d *Video) Decode(pkt media.Packet, emit func(*media.Frame)) error {
	if err := d.n.send(pkt.Data, pkt.PTS, pkt.DTS, pkt.Key); err != nil {
		return err
	}
	return d.drain(emit)
}

// Flush brings out the pictures that the decoder still holds, at the end of a
// stream. Afterwards decoding can start again at a key frame.
func (d *Video) Flush(emit func(*media.Frame)) error {
	if err := d.n.ctx.SendPacket(nil); err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	err := d.drain(emit)
	d.n.flush()
	return err
}

// Reset forgets what the decoder holds. The next packet must be a key frame.
func (d *Video) Reset() { d.n.flush() }

// SetDeblocking turns the codec's deblocking filter on, as it is at first, or off from the
// next packet on. Without it decoding costs about a quarter less; pictures are a little
// blocky and drift from what was encoded until the next key frame.
func (d *Video) SetDeblocking(on bool) { d.n.skipLoopFilter(!on) }

// SkipUnreferenced leaves out pictures that no other picture needs, from the next packet
// on. Those that come out are exact.
func (d *Video) SkipUnreferenced(on bool) { d.n.skipUnreferenced(on) }

// Close frees the decoder. It may be called twice.
func (d *Video) Close() {
	if d == nil {
		return
	}
	d.n.free()
	if d.scale != nil {
		d.scale.Free()
		d.scale = nil
		media.Release()
	}
}

func (d *Video) drain(emit func(*media.Frame)) error {
	for {
		if ok, err := d.n.receive(); !ok {
			return err
		}
		f, err := d.take()
		if err != nil {
			return err
		}
		emit(f)
	}
}

// take moves the decoded picture out of the decoder's frame into one of its own.
func (d *Video) take() (*media.Frame, error) {
	pts := time.Duration(d.n.frame.Pts())
	switch d.n.frame.PixelFormat() {
	case astiav.PixelFormatYuv420P, astiav.PixelFormatYuvj420P:
		f, err := media.TakeFrame(d.n.frame)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrData, err)
		}
		f.PTS = pts
		return f, nil
	}
	f, err := d.convert()
	d.n.frame.Unref()
	if err != nil {
		return nil, err
	}
	f.PTS = pts
	return f, nil
}

// convert makes an 8-bit 4:2:0 picture of any other pixel format, such as the
// 10-bit or 4:2:2 that a studio encoder may send.
func (d *Video) convert() (*media.Frame, error) {
	src := d.n.frame
	// Even sizes only: the chroma planes of a 4:2:0 picture of odd size are not
	// something every source format can fill.
	key := scaleKey{limited(src.PixelFormat()), src.Width(), src.Height()}
	if d.scale == nil || key != d.from {
		if d.scale != nil {
			d.scale.Free()
			d.scale = nil
			media.Release()
		}
		flags := astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear)
		scale, err := astiav.CreateSoftwareScaleContext(key.w, key.h, key.format, key.w&^1, key.h&^1, astiav.PixelFormatYuv420P, flags)
		if err != nil {
			return nil, fmt.Errorf("%w: pixel format %s", ErrUnsupported, key.format)
		}
		media.Retain()
		d.scale, d.from = scale, key
	}
	f, err := media.NewFrame(key.w&^1, key.h&^1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrData, err)
	}
	if err := d.scale.ScaleFrame(src, f.AV()); err != nil {
		f.Free()
		return nil, fmt.Errorf("%w: converting %s: %w", ErrData, key.format, err)
	}
	f.FullRange = src.ColorRange() == astiav.ColorRangeJpeg
	f.Matrix = media.MatrixOf(src)
	if src.ColorSpace() == astiav.ColorSpaceRgb {
		// swscale makes limited BT.601 of RGB.
		f.FullRange, f.Matrix = false, media.BT601
	}
	return f, nil
}

// limited returns the pixel format of the same layout without a range of its own.
// Under the names that say "full range" swscale would convert to limited; as it is
// the samples keep their range, and the picture says which.
func limited(format astiav.PixelFormat) astiav.PixelFormat {
	switch format {
	case astiav.PixelFormatYuvj411P:
		return astiav.PixelFormatYuv411P
	case astiav.PixelFormatYuvj422P:
		return astiav.PixelFormatYuv422P
	case astiav.PixelFormatYuvj440P:
		return astiav.PixelFormatYuv440P
	case astiav.PixelFormatYuvj444P:
		return astiav.PixelFormatYuv444P
	}
	return format
}
