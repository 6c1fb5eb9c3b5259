package decode

/*
#cgo pkg-config: libavcodec libswresample libavutil
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

enum { again = AVERROR(EAGAIN) };

// send hands c a padded copy of the n bytes at data, by way of pkt. Decoders read
// past the end of a packet, so the padding is not optional.
static int send(AVCodecContext *c, AVPacket *pkt, const void *data, int n, int64_t pts, int64_t dts, int key) {
	int ret = av_new_packet(pkt, n);
	if (ret < 0) return ret;
	memcpy(pkt->data, data, n);
	pkt->pts = pts;
	pkt->dts = dts;
	if (key) pkt->flags |= AV_PKT_FLAG_KEY;
	ret = avcodec_send_packet(c, pkt);
	av_packet_unref(pkt);
	return ret;
}

// new_extradata returns the configuration that begins with pkt, NULL if it is no new one.
static const uint8_t *new_extradata(const AVPacket *pkt, size_t *n) {
	return av_packet_get_side_data(pkt, AV_PKT_DATA_NEW_EXTRADATA, n);
}

static void flush(AVCodecContext *c) { avcodec_flush_buffers(c); }

static void skip_loop_filter(AVCodecContext *c, int skip) { c->skip_loop_filter = skip ? AVDISCARD_ALL : AVDISCARD_DEFAULT; }
static void skip_unreferenced(AVCodecContext *c, int skip) { c->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT; }

// open_resampler makes a converter from the frame's format to rate, stereo, float.
static int open_resampler(SwrContext **swr, const AVFrame *f, int rate) {
	AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
	AVChannelLayout in;
	// A stream that names no layout has the usual one of its number of channels.
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, f->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&in, &f->ch_layout) < 0)
		return AVERROR(ENOMEM);
	int ret = swr_alloc_set_opts2(swr, &stereo, AV_SAMPLE_FMT_FLT, rate, &in, f->format, f->sample_rate, 0, NULL);
	av_channel_layout_uninit(&in);
	if (ret < 0) return ret;
	// Mono is as loud on both sides as it was: the default would take off 3 dB.
	static const double both[2] = {1, 1};
	if (f->ch_layout.nb_channels == 1) swr_set_matrix(*swr, both, 1);
	ret = swr_init(*swr);
	if (ret < 0) swr_free(swr);
	return ret;
}

static int convert(SwrContext *swr, float *out, int capacity, const AVFrame *f) {
	uint8_t *planes[1] = {(uint8_t *)out};
	return swr_convert(swr, planes, capacity, f ? (const uint8_t **)f->extended_data : NULL, f ? f->nb_samples : 0);
}

static int channels(const AVFrame *f) { return f->ch_layout.nb_channels; }
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// maxPacket bounds one access unit, in bytes. A 4K key frame stays far below it.
const maxPacket = 8 << 20

// maxConfig bounds a decoder configuration, in bytes; real ones have under 1 kB.
const maxConfig = 1 << 16

// native is a codec context with the packet that feeds it and the frame that it
// fills; all three live and die together.
type native struct {
	ctx   *astiav.CodecContext
	pkt   *C.AVPacket
	frame *astiav.Frame
}

// open makes a decoder for id. configure sets what must be set before it opens.
func open(id astiav.CodecID, options map[string]string, configure func(*astiav.CodecContext) error) (*native, error) {
	codec := astiav.FindDecoder(id)
	if codec == nil {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, id)
	}
	n := &native{ctx: astiav.AllocCodecContext(codec), pkt: C.av_packet_alloc(), frame: astiav.AllocFrame()}
	media.Retain()
	// One thread for each source: frame threads cost up to 30 % more CPU and a
	// frame of delay each.
	n.ctx.SetThreadCount(1)
	if err := configure(n.ctx); err != nil {
		n.free()
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	dict := astiav.NewDictionary()
	defer dict.Free()
	for k, v := range options {
		if err := dict.Set(k, v, 0); err != nil {
			n.free()
			return nil, fmt.Errorf("%w: option %s: %w", ErrConfig, k, err)
		}
	}
	if err := n.ctx.Open(codec, dict); err != nil {
		n.free()
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return n, nil
}

// send hands one packet to the decoder. The bytes are copied.
func (n *native) send(data []byte, pts, dts time.Duration, key bool) error {
	if len(data) == 0 {
		return fmt.Errorf("%w: empty packet", ErrData)
	}
	if len(data) > maxPacket {
		return fmt.Errorf("%w: packet of %d bytes; at most %d", ErrData, len(data), maxPacket)
	}
	var k C.int
	if key {
		k = 1
	}
	ret := C.send((*C.AVCodecContext)(n.ctx.UnsafePointer()), n.pkt, unsafe.Pointer(&data[0]), C.int(len(data)),
		C.int64_t(pts), C.int64_t(dts), k)
	if ret < 0 {
		return fmt.Errorf("%w: %w", ErrData, astiav.Error(ret))
	}
	return nil
}

// receive takes the next frame that the decoder has ready into n.frame; ok says whether
// there was one.
func (n *native) receive() (ok bool, err error) {
	// astiav's call makes an error value each time that there is none, which is for every packet.
	switch ret := C.avcodec_receive_frame((*C.AVCodecContext)(n.ctx.UnsafePointer()), (*C.AVFrame)(n.frame.UnsafePointer())); {
	case ret >= 0:
		return true, nil
	case ret == C.again || ret == C.AVERROR_EOF:
		return false, nil
	default:
		return false, fmt.Errorf("%w: %w", ErrData, astiav.Error(ret))
	}
}

// A go-astiav Packet is a pointer to its AVPacket and nothing else. It does not show
// that pointer, and the kind of side data that newExtraData wants neither.
const _ = -(unsafe.Sizeof(astiav.Packet{}) ^ unsafe.Sizeof(uintptr(0))) // must be 0

// newExtraData copies the configuration that begins with a packet from a file; nil if
// it goes on as before.
func newExtraData(pkt *astiav.Packet) []byte {
	var n C.size_t
	p := C.new_extradata(*(**C.AVPacket)(unsafe.Pointer(pkt)), &n)
	if p == nil || n > maxConfig {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(p), C.int(n))
}

// flush forgets what the decoder holds, so that it can start at a key frame.
func (n *native) flush() { C.flush((*C.AVCodecContext)(n.ctx.UnsafePointer())) }

func (n *native) skipLoopFilter(skip bool) {
	C.skip_loop_filter((*C.AVCodecContext)(n.ctx.UnsafePointer()), C.int(bit(skip)))
}

func (n *native) skipUnreferenced(skip bool) {
	C.skip_unreferenced((*C.AVCodecContext)(n.ctx.UnsafePointer()), C.int(bit(skip)))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (n *native) free() {
	if n == nil || n.ctx == nil {
		return
	}
	n.frame.Free()
	C.av_packet_free(&n.pkt)
	n.ctx.Free()
	n.ctx = nil
	media.Release()
}

// resampler converts decoded sound to the session's rate, stereo, float.
type resampler struct {
	swr      *C.SwrContext
	rate     int
	format   astiav.SampleFormat
	channels int
	out      []float32
}

// convert returns the samples that f turned into, interleaved, valid until the next
// call, and how much sound the converter holds back from before f.
func (r *resampler) convert(f *astiav.Frame) (pcm []float32, held time.Duration, err error) {
	cf := (*C.AVFrame)(f.UnsafePointer())
	if err := r.configure(f, cf); err != nil {
		return nil, 0, err
	}
	heldSamples := C.swr_get_delay(r.swr, media.SampleRate)
	// The converter never gives more than it holds and gets, with a little for rounding.
	need := int(heldSamples) + f.NbSamples()*media.SampleRate/r.rate + 64
	if need*media.Channels > cap(r.out) {
		r.out = make([]float32, need*media.Channels)
	}
	n := C.convert(r.swr, (*C.float)(unsafe.Pointer(&r.out[:1][0])), C.int(cap(r.out)/media.Channels), cf)
	if n < 0 {
		return nil, 0, fmt.Errorf("%w: resampling failed", ErrData)
	}
	return r.out[:int(n)*media.Channels], media.SampleTime(int64(heldSamples)), nil
}

// configure (re)makes the converter when the sound's format is new.
func (r *resampler) configure(f *astiav.Frame, cf *C.AVFrame) error {
	rate, format, channels := f.SampleRate(), f.SampleFormat(), int(C.channels(cf))
	if r.swr != nil && rate == r.rate && format == r.format && channels == r.channels {
		return nil
	}
	if rate < 1000 || rate > 384000 || channels < 1 || channels > 64 {
		return fmt.Errorf("%w: sound of %d Hz with %d channels", ErrData, rate, channels)
	}
	r.free()
	if C.open_resampler(&r.swr, cf, media.SampleRate) < 0 {
		return fmt.Errorf("%w: cannot convert %d Hz with %d channels", ErrUnsupported, rate, channels)
	}
	media.Retain()
	r.rate, r.format, r.channels = rate, format, channels
	return nil
}

func (r *resampler) free() {
	if r.swr != nil {
		C.swr_free(&r.swr)
		media.Release()
	}
}
