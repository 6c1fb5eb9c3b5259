package decode

import (
	"fmt"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// Audio decodes one sound stream to 48 kHz stereo. One goroutine owns it.
type Audio struct {
	n *native
	r resampler
}

// NewAudio makes a decoder for codec from its configuration: an
// AudioSpecificConfig as RTMP's sequence header carries it. The caller closes it.
// Errors: ErrUnsupported, ErrConfig.
func NewAudio(codec media.Codec, config []byte) (*Audio, error) {
	if codec != media.CodecAAC {
		return nil, fmt.Errorf("%w: audio %s", ErrUnsupported, codec)
	}
	if len(config) < 2 {
		return nil, fmt.Errorf("%w: AudioSpecificConfig of %d bytes", ErrConfig, len(config))
	}
	return newAudio(astiav.CodecIDAac, func(c *astiav.CodecContext) error { return c.SetExtraData(config) })
}

func newAudio(id astiav.CodecID, configure func(*astiav.CodecContext) error) (*Audio, error) {
	n, err := open(id, nil, configure)
	if err != nil {
		return nil, err
	}
	return &Audio{n: n}, nil
}

// Decode decodes one packet and calls emit for each block of sound that comes out:
// interleaved stereo float samples at 48 kHz, ±1 full scale, valid during the call,
// and the time of the first of them on the packet's clock.
// On ErrData the decoder goes on with the next packet.
func (d *Audio) Decode(pkt media.Packet, emit func(pts time.Duration, pcm []float32)) error {
	if err := d.n.send(pkt.Data, pkt.PTS, pkt.DTS, true); err != nil {
		return err
	}
	for {
		if ok, err := d.n.receive(); !ok {
			return err
		}
		pts := time.Duration(d.n.frame.Pts())
		pcm, held, err := d.r.convert(d.n.frame)
		d.n.frame.Unref()
		if err != nil {
			return err
		}
		if len(pcm) > 0 {
			emit(pts-held, pcm)
		}
	}
}

// Close frees the decoder. It may be called twice.
func (d *Audio) Close() {
	if d == nil {
		return
	}
	d.n.free()
	d.r.free()
}
