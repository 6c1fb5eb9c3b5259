package encode

/*
#cgo pkg-config: libavcodec libavutil
#include <libavcodec/avcodec.h>

enum { again = AVERROR(EAGAIN) };
*/
import "C"

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// VideoConfig says how pictures are encoded. Fields that are zero take the defaults.
type VideoConfig struct {
	// Width and Height in pixels; even.
	Width, Height int
	// FrameRate counts the timestamps.
	FrameRate media.FrameRate
	// Bitrate in bits per second: the target, and by VBV over one second the cap.
	Bitrate int
	// Preset is one of Presets; default PresetBalanced.
	Preset string
	// GOP is the distance between key frames; default 2 s. GOPs are closed and
	// their length is fixed, but for key frames that are asked for.
	GOP time.Duration
	// Threads is the number of sliced threads; default 1. Two are 1.4 times as
	// fast for 23 % more CPU.
	Threads int
}

// gopFrames returns the GOP in frames, at least 1.
func (c VideoConfig) gopFrames() int {
	return max(1, int(c.FrameRate.Index(c.GOP)))
}

func (c *VideoConfig) setDefaults() {
	if c.Preset == "" {
		c.Preset = PresetBalanced
	}
	if c.GOP == 0 {
		c.GOP = 2 * time.Second
	}
	if c.Threads == 0 {
		c.Threads = 1
	}
}

// Video encodes pictures to H.264 High. One goroutine owns it.
type Video struct {
	cfg VideoConfig
	ctx *astiav.CodecContext
	pkt *C.AVPacket
	mem slab
	// avcc is the decoder configuration for the sequence header.
	avcc []byte

	eased bool  // it works with less effort
	ease  bool  // that is what is wanted from the next key frame on
	keyAt int64 // number of the newest key frame's frame; before the first: -1
}

// NewVideo starts an encoder. The caller closes it. Error: ErrConfig.
func NewVideo(cfg VideoConfig) (*Video, error) {
	return newVideo(cfg, false)
}

// newVideo starts an encoder, perhaps one of less effort.
func newVideo(cfg VideoConfig, eased bool) (*Video, error) {
	cfg.setDefaults()
	if cfg.FrameRate.Num <= 0 || cfg.FrameRate.Den <= 0 {
		return nil, fmt.Errorf("%w: frame rate %d/%d", ErrConfig, cfg.FrameRate.Num, cfg.FrameRate.Den)
	}
	codec := astiav.FindEncoderByName("libx264")
	if codec == nil {
		return nil, fmt.Errorf("%w: this FFmpeg has no libx264", ErrConfig)
	}
	ctx := astiav.AllocCodecContext(codec)
	media.Retain()
	v := &Video{cfg: cfg, ctx: ctx, pkt: C.av_packet_alloc(), eased: eased, ease: eased, keyAt: -1}
	ctx.SetWidth(cfg.Width)
	ctx.SetHeight(cfg.Height)
	ctx.SetPixelFormat(astiav.PixelFormatYuv420P)
	ctx.SetColorRange(astiav.ColorRangeMpeg)
	ctx.SetColorSpace(astiav.ColorSpaceBt709)
	ctx.SetColorPrimaries(astiav.ColorPrimariesBt709)
	ctx.SetColorTransferCharacteristic(astiav.ColorTransferCharacteristicBt709)
	ctx.SetSampleAspectRatio(astiav.NewRational(1, 1))
	ctx.SetTimeBase(astiav.NewRational(cfg.FrameRate.Den, cfg.FrameRate.Num))
	ctx.SetFramerate(astiav.NewRational(cfg.FrameRate.Num, cfg.FrameRate.Den))
	ctx.SetGopSize(cfg.gopFrames())
	ctx.SetMaxBFrames(0)
	ctx.SetBitRate(int64(cfg.Bitrate))
	ctx.SetRateControlMaxRate(int64(cfg.Bitrate))
	ctx.SetRateControlBufferSize(cfg.Bitrate)
	ctx.SetThreadCount(cfg.Threads)
	// Headers go into the sequence header, not before every key frame.
	ctx.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader, astiav.CodecContextFlagClosedGop))
	if err := v.open(codec); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

func (v *Video) open(codec *astiav.Codec) error {
	tuning := tuningOf(v.cfg.Preset)
	params := "annexb=0:scenecut=0:open-gop=0:keyint-min=" + strconv.Itoa(v.cfg.gopFrames())
	if tuning.params != "" {
		params += ":" + tuning.params
	}
	if v.eased {
		params += tuning.less
	}
	options, err := dictionary([][2]string{
		{"preset", tuning.preset},
		{"tune", "zerolatency"},
		{"profile", "high"},
		{"forced-idr", "1"},
		// annexb=0: access units come length-prefixed and the configuration as an
		// avcC record, which is what RTMP, FLV and MP4 carry. scenecut=0: key
		// frames come every GOP, no sooner.
		{"x264-params", params},
	})
	if err != nil {
		return err
	}
	defer options.Free()
	if err := v.ctx.Open(codec, options); err != nil {
		return fmt.Errorf("%w: %d×%d at %v fps, %d bit/s, preset %q: %w", ErrConfig,
			v.cfg.Width, v.cfg.Height, v.cfg.FrameRate, v.cfg.Bitrate, v.cfg.Preset, err)
	}
	v.avcc = v.ctx.ExtraData()
	if len(v.avcc) < 7 || v.avcc[0] != 1 {
		return fmt.Errorf("%w: libx264 gave no avcC record", ErrConfig)
	}
	return nil
}

// Config returns the avcC record (ISO/IEC 14496-15) for the sequence header. It
// must not be changed.
func (v *Video) Config() []byte { return v.avcc }

// Encode encodes f, which stays the caller's, as frame number n (n rises from call
// to call, and may leave numbers out) and calls emit with its access unit. forceKey makes
// it a key frame; so does a GOP's length since the last one.
func (v *Video) Encode(f *media.Frame, n int64, forceKey bool, emit func(media.Packet)) error {
	// x264 counts pictures, not numbers.
	forceKey = forceKey || v.keyAt < 0 || n-v.keyAt >= int64(v.cfg.gopFrames())
	// Two key frames in a row must be told apart, which two encoders' are not.
	if forceKey && v.ease != v.eased && n-v.keyAt > 1 {
		v.reopen()
	}
	av := f.AV()
	av.SetPts(n)
	av.SetPictureType(astiav.PictureTypeNone)
	if forceKey {
		av.SetPictureType(astiav.PictureTypeI)
		v.keyAt = n
	}
	if err := v.ctx.SendFrame(av); err != nil {
		return fmt.Errorf("encode: frame %d: %w", n, err)
	}
	return receive(v.ctx, v.pkt, &v.mem, func(data []byte, pts, dts int64, key bool) {
		emit(media.Packet{
			Kind: media.Video, Codec: media.CodecH264, Key: key, Data: data,
			PTS: v.cfg.FrameRate.Time(pts), DTS: v.cfg.FrameRate.Time(dts),
		})
	})
}

// Ease makes the encoder work with less effort, or with all of it again, from its next
// key frame on. Its configuration stays what it is, and so do rate and GOP.
func (v *Video) Ease(on bool) { v.ease = on }

// reopen puts an encoder of the wanted effort in the place of this one, which holds no
// picture back. If there can be none, or its configuration would be another, all stays as
// it is.
func (v *Video) reopen() {
	next, err := newVideo(v.cfg, v.ease)
	if err != nil {
		v.ease = v.eased
		return
	}
	defer next.Close()
	if !bytes.Equal(next.avcc, v.avcc) {
		v.ease = v.eased
		return
	}
	v.ctx, next.ctx = next.ctx, v.ctx
	v.pkt, next.pkt = next.pkt, v.pkt
	v.eased = v.ease
}

// Close frees the encoder. It may be called twice.
func (v *Video) Close() {
	if v == nil || v.ctx == nil {
		return
	}
	C.av_packet_free(&v.pkt)
	v.ctx.Free()
	v.ctx = nil
	media.Release()
}

// receive calls each with a Go copy of every packet that the encoder has ready.
func receive(ctx *astiav.CodecContext, pkt *C.AVPacket, mem *slab, each func(data []byte, pts, dts int64, key bool)) error {
	for {
		ret := C.avcodec_receive_packet((*C.AVCodecContext)(ctx.UnsafePointer()), pkt)
		if ret == C.again || ret == C.AVERROR_EOF {
			return nil
		}
		if ret < 0 {
			return fmt.Errorf("encode: %w", astiav.Error(ret))
		}
		data := unsafe.Slice((*byte)(unsafe.Pointer(pkt.data)), int(pkt.size))
		each(mem.copy(data), int64(pkt.pts), int64(pkt.dts), pkt.flags&C.AV_PKT_FLAG_KEY != 0)
		C.av_packet_unref(pkt)
	}
}
