package decode

/*
#cgo pkg-config: libavformat libavcodec libswresample libavutil
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

// stereo_of makes a converter from the frame's channels and format to stereo float
// at the frame's own rate. Channels are folded down as ITU-R BS.775 says, scaled so
// that no sum goes beyond full scale.
static int stereo_of(SwrContext **swr, const AVFrame *f) {
	AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
	AVChannelLayout in;
	if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, f->ch_layout.nb_channels);
	else if (av_channel_layout_copy(&in, &f->ch_layout) < 0)
		return AVERROR(ENOMEM);
	int ret = swr_alloc_set_opts2(swr, &stereo, AV_SAMPLE_FMT_FLT, f->sample_rate, &in, f->format, f->sample_rate, 0, NULL);
	av_channel_layout_uninit(&in);
	if (ret < 0) return ret;
	av_opt_set_sample_fmt(*swr, "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0);
	av_opt_set_double(*swr, "rematrix_maxval", 1, 0);
	// Mono is as loud on both sides as it was: the default would take off 3 dB.
	static const double both[2] = {1, 1};
	if (f->ch_layout.nb_channels == 1) swr_set_matrix(*swr, both, 1);
	ret = swr_init(*swr);
	if (ret < 0) swr_free(swr);
	return ret;
}

// stereo_at makes a converter of stereo float from one rate to another. The ratio is
// kept as a fraction, so nothing drifts.
static int stereo_at(SwrContext **swr, int from, int to) {
	AVChannelLayout stereo = AV_CHANNEL_LAYOUT_STEREO;
	int ret = swr_alloc_set_opts2(swr, &stereo, AV_SAMPLE_FMT_FLT, to, &stereo, AV_SAMPLE_FMT_FLT, from, 0, NULL);
	if (ret < 0) return ret;
	av_opt_set_int(*swr, "exact_rational", 1, 0);
	ret = swr_init(*swr);
	if (ret < 0) swr_free(swr);
	return ret;
}

static int from_frame(SwrContext *swr, float *out, int capacity, const AVFrame *f) {
	uint8_t *planes[1] = {(uint8_t *)out};
	return swr_convert(swr, planes, capacity, (const uint8_t **)f->extended_data, f->nb_samples);
}

static int from_pcm(SwrContext *swr, float *out, int capacity, const float *in, int n) {
	uint8_t *to[1] = {(uint8_t *)out};
	const uint8_t *from[1] = {(const uint8_t *)in};
	return swr_convert(swr, to, capacity, from, n);
}

// mask_of tells layouts with the same number of channels apart.
static uint64_t mask_of(const AVFrame *f) {
	return f->ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? f->ch_layout.u.mask : f->ch_layout.order;
}

static int channels_of(const AVFrame *f) { return f->ch_layout.nb_channels; }

static int channels_said(const AVCodecContext *c) { return c->ch_layout.nb_channels; }

static void set_packet_clock(AVCodecContext *c, int num, int den) {
	c->pkt_timebase = (AVRational){num, den};
}

static void keep_padding(AVCodecContext *c) { c->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL; }

static int length_is_guessed(const AVFormatContext *fc) {
	return fc->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
}

static int64_t io_tell(const AVFormatContext *fc) { return avio_tell(fc->pb); }

static int probe_score(const AVFormatContext *fc) { return fc->probe_score; }

// even_packets says whether each packet of a stream whose index is whole takes as long
// as the first; the last may be shorter.
static int even_packets(AVStream *s) {
	int n = avformat_index_get_entries_count(s);
	if (n < 3) return 1;
	int64_t before = avformat_index_get_entry(s, 0)->timestamp;
	int64_t step = avformat_index_get_entry(s, 1)->timestamp - before;
	for (int i = 1; i < n; i++) {
		int64_t at = avformat_index_get_entry(s, i)->timestamp;
		if (at - before != step) return 0;
		before = at;
	}
	return 1;
}
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// maxSoundChannels bounds the channels of a piece: 7.1.
const maxSoundChannels = 8

// go-astiav's format context and stream begin with the pointer to their native one,
// which it does not show.
func nativeFormat(fc *astiav.FormatContext) *C.AVFormatContext {
	return *(**C.AVFormatContext)(unsafe.Pointer(fc))
}

func nativeStream(s *astiav.Stream) *C.AVStream { return *(**C.AVStream)(unsafe.Pointer(s)) }

const _ = -(unsafe.Sizeof(astiav.FormatContext{}) ^ unsafe.Sizeof(uintptr(0))) // must be 0
const _ = -(unsafe.Sizeof(astiav.Stream{}) ^ unsafe.Sizeof(uintptr(0)))        // must be 0

// lengthIsGuessed says that the length comes from the bit rate alone.
func lengthIsGuessed(fc *astiav.FormatContext) bool {
	return C.length_is_guessed(nativeFormat(fc)) != 0
}

// readUpTo returns where in the file the demuxer has come to.
func readUpTo(fc *astiav.FormatContext) int64 { return int64(C.io_tell(nativeFormat(fc))) }

// probeScore says how sure the format was recognised, 0–100; 1 is by the file's name only.
func probeScore(fc *astiav.FormatContext) int { return int(C.probe_score(nativeFormat(fc))) }

// evenPackets says whether time stamps count samples: false where packets, by their
// stamps, take different times, as in a copy of a stream with a clock of milliseconds.
func evenPackets(s *astiav.Stream) bool { return C.even_packets(nativeStream(s)) != 0 }

// setPacketClock tells a decoder what its packets' stamps mean, so that it moves them
// when it trims.
func setPacketClock(c *astiav.CodecContext, base astiav.Rational) {
	C.set_packet_clock((*C.AVCodecContext)(c.UnsafePointer()), C.int(base.Num()), C.int(base.Den()))
}

// keepPadding makes a decoder return what the container says is to be cut off.
func keepPadding(c *astiav.CodecContext) { C.keep_padding((*C.AVCodecContext)(c.UnsafePointer())) }

// channelsSaid returns how many channels the decoder was told of.
func channelsSaid(c *astiav.CodecContext) int {
	return int(C.channels_said((*C.AVCodecContext)(c.UnsafePointer())))
}

// foldDown turns decoded frames of any layout into interleaved stereo at their own rate.
// It keeps nothing between frames.
type foldDown struct {
	swr      *C.SwrContext
	rate     int
	format   astiav.SampleFormat
	channels int
	mask     uint64
	out      []float32
}

// convert returns the frame's samples, valid until the next call.
// Errors: ErrData for a frame that cannot be sound, ErrUnsupported for its channels.
func (d *foldDown) convert(f *astiav.Frame) ([]float32, error) {
	cf := (*C.AVFrame)(f.UnsafePointer())
	rate, format, channels, mask := f.SampleRate(), f.SampleFormat(), int(C.channels_of(cf)), uint64(C.mask_of(cf))
	if d.swr == nil || rate != d.rate || format != d.format || channels != d.channels || mask != d.mask {
		if channels < 1 || channels > maxSoundChannels {
			return nil, fmt.Errorf("%w: %d channels; at most %d", ErrUnsupported, channels, maxSoundChannels)
		}
		d.free()
		if C.stereo_of(&d.swr, cf) < 0 {
			return nil, fmt.Errorf("%w: cannot make stereo of these %d channels", ErrUnsupported, channels)
		}
		media.Retain()
		d.rate, d.format, d.channels, d.mask = rate, format, channels, mask
	}
	n := f.NbSamples()
	if n*media.Channels > cap(d.out) {
		d.out = make([]float32, n*media.Channels)
	}
	if n == 0 {
		return nil, nil
	}
	if got := C.from_frame(d.swr, (*C.float)(unsafe.Pointer(&d.out[:1][0])), C.int(n), cf); int(got) != n {
		return nil, fmt.Errorf("%w: making stereo failed", ErrData)
	}
	return d.out[:n*media.Channels], nil
}

func (d *foldDown) free() {
	if d.swr != nil {
		C.swr_free(&d.swr)
		media.Release()
	}
}

// rateConverter converts interleaved stereo from one rate to media.SampleRate.
type rateConverter struct {
	swr  *C.SwrContext
	from int
	out  []float32
}

// reset makes the converter forget everything: the next sample that it gets is at the
// time of the next that it gives.
func (c *rateConverter) reset(from int) error {
	c.free()
	if C.stereo_at(&c.swr, C.int(from), media.SampleRate) < 0 {
		return fmt.Errorf("%w: sound of %d Hz", ErrUnsupported, from)
	}
	media.Retain()
	c.from = from
	return nil
}

// convert returns what comes out for more samples, valid until the next call.
func (c *rateConverter) convert(pcm []float32) ([]float32, error) {
	n := len(pcm) / media.Channels
	if n == 0 {
		return nil, nil
	}
	// It never gives more than it holds and gets, with a little for rounding.
	need := int(C.swr_get_delay(c.swr, media.SampleRate)) + n*media.SampleRate/c.from + 64
	if need*media.Channels > cap(c.out) {
		c.out = make([]float32, need*media.Channels)
	}
	got := C.from_pcm(c.swr, (*C.float)(unsafe.Pointer(&c.out[:1][0])), C.int(cap(c.out)/media.Channels),
		(*C.float)(unsafe.Pointer(&pcm[0])), C.int(n))
	if got < 0 {
		return nil, fmt.Errorf("%w: resampling failed", ErrData)
	}
	return c.out[:int(got)*media.Channels], nil
}

func (c *rateConverter) free() {
	if c.swr != nil {
		C.swr_free(&c.swr)
		media.Release()
	}
}
