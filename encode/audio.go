package encode

/*
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>

static float *channel(AVFrame *f, int i) { return (float *)f->extended_data[i]; }
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// AudioConfig says how sound is encoded. Fields that are zero take the defaults.
type AudioConfig struct {
	// Bitrate in bits per second; default 128 000.
	Bitrate int
	// SampleRate in Hz and Channels (1 or 2); default 48 000 and 2, which is what
	// a mix has. Synthetic participants use others, as phones do.
	SampleRate, Channels int
}

func (c *AudioConfig) setDefaults() {
	if c.Bitrate == 0 {
		c.Bitrate = 128_000
	}
	if c.SampleRate == 0 {
		c.SampleRate = media.SampleRate
	}
	if c.Channels == 0 {
		c.Channels = media.Channels
	}
}

// audioOptions are those of FFmpeg's encoder. The fast coder takes half of the time and makes less noise that
// is not masked with voices; with music it does only if it may not code intensity instead of
// stereo and made-up noise instead of what was heard. docs/performance.md, "Sound", has the figures.
var audioOptions = [][2]string{{"aac_coder", "fast"}, {"aac_is", "0"}, {"aac_pns", "0"}}

// Audio encodes sound to AAC-LC. One goroutine owns it.
type Audio struct {
	cfg   AudioConfig
	ctx   *astiav.CodecContext
	pkt   *C.AVPacket
	mem   slab
	frame *astiav.Frame
	next  int64 // number of the next sample to be encoded
	asc   []byte
}

// NewAudio starts an encoder. The caller closes it. Error: ErrConfig.
func NewAudio(cfg AudioConfig) (*Audio, error) {
	cfg.setDefaults()
	layout := astiav.ChannelLayoutStereo
	switch cfg.Channels {
	case 1:
		layout = astiav.ChannelLayoutMono
	case 2:
	default:
		return nil, fmt.Errorf("%w: %d channels; 1 or 2 are allowed", ErrConfig, cfg.Channels)
	}
	codec := astiav.FindEncoder(astiav.CodecIDAac)
	if codec == nil {
		return nil, fmt.Errorf("%w: this FFmpeg has no AAC encoder", ErrConfig)
	}
	ctx := astiav.AllocCodecContext(codec)
	media.Retain()
	a := &Audio{cfg: cfg, ctx: ctx, pkt: C.av_packet_alloc(), frame: astiav.AllocFrame()}
	ctx.SetBitRate(int64(cfg.Bitrate))
	ctx.SetSampleRate(cfg.SampleRate)
	ctx.SetSampleFormat(astiav.SampleFormatFltp)
	ctx.SetChannelLayout(layout)
	ctx.SetTimeBase(astiav.NewRational(1, cfg.SampleRate))
	ctx.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	options, err := dictionary(audioOptions)
	if err != nil {
		a.Close()
		return nil, err
	}
	defer options.Free()
	if err := ctx.Open(codec, options); err != nil {
		a.Close()
		return nil, fmt.Errorf("%w: AAC %d Hz, %d channels, %d bit/s: %w", ErrConfig, cfg.SampleRate, cfg.Channels, cfg.Bitrate, err)
	}
	a.asc = ctx.ExtraData()
	a.frame.SetNbSamples(ctx.FrameSize())
	a.frame.SetSampleFormat(astiav.SampleFormatFltp)
	a.frame.SetSampleRate(cfg.SampleRate)
	a.frame.SetChannelLayout(layout)
	if err := a.frame.AllocBuffer(0); err != nil {
		a.Close()
		return nil, fmt.Errorf("encode: %w", err)
	}
	return a, nil
}

// Config returns the AudioSpecificConfig (ISO/IEC 14496-3) for the sequence
// header. It must not be changed.
func (a *Audio) Config() []byte { return a.asc }

// FrameSize returns the number of samples of each channel in one packet: 1024.
func (a *Audio) FrameSize() int { return a.ctx.FrameSize() }

// Encode encodes the next FrameSize samples, interleaved, ±1 full scale, and calls
// emit with what comes out. A packet comes out two calls later than its samples go
// in. Its PTS is the time of its first sample, counted from the first call: the
// packet of silence with which AAC begins is left out, so sound and picture stay
// in sync without an edit list.
func (a *Audio) Encode(pcm []float32, emit func(media.Packet)) error {
	size := a.FrameSize()
	if len(pcm) != size*a.cfg.Channels {
		return fmt.Errorf("encode: %d samples of sound, want %d", len(pcm), size*a.cfg.Channels)
	}
	if err := a.frame.MakeWritable(); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	for c := range a.cfg.Channels {
		plane := unsafe.Slice((*float32)(unsafe.Pointer(C.channel((*C.AVFrame)(a.frame.UnsafePointer()), C.int(c)))), size)
		for i := range plane {
			plane[i] = pcm[i*a.cfg.Channels+c]
		}
	}
	a.frame.SetPts(a.next)
	a.next += int64(size)
	if err := a.ctx.SendFrame(a.frame); err != nil {
		return fmt.Errorf("encode: sound: %w", err)
	}
	return a.receive(emit)
}

// Flush brings out the last packets at the end of a stream. Nothing can be encoded
// afterwards.
func (a *Audio) Flush(emit func(media.Packet)) error {
	if err := a.ctx.SendFrame(nil); err != nil {
		return fmt.Errorf("encode: sound: %w", err)
	}
	return a.receive(emit)
}

func (a *Audio) receive(emit func(media.Packet)) error {
	return receive(a.ctx, a.pkt, &a.mem, func(data []byte, pts, _ int64, _ bool) {
		if pts < 0 {
			return // priming
		}
		t := time.Duration(pts/int64(a.cfg.SampleRate))*time.Second +
			time.Duration(pts%int64(a.cfg.SampleRate))*time.Second/time.Duration(a.cfg.SampleRate)
		emit(media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Key: true, Data: data, PTS: t, DTS: t})
	})
}

// Close frees the encoder. It may be called twice.
func (a *Audio) Close() {
	if a == nil || a.ctx == nil {
		return
	}
	C.av_packet_free(&a.pkt)
	a.frame.Free()
	a.ctx.Free()
	a.ctx = nil
	media.Release()
}
