package encode

/*
#cgo pkg-config: libavformat libavcodec libavutil
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>
#include <string.h>

// add_stream adds a stream with a copy of its decoder configuration.
static AVCodecParameters *add_stream(AVFormatContext *fc, enum AVMediaType type, enum AVCodecID id,
                                     int num, int den, const void *config, int n) {
	AVStream *s = avformat_new_stream(fc, NULL);
	if (!s) return NULL;
	s->time_base = (AVRational){num, den};
	s->codecpar->codec_type = type;
	s->codecpar->codec_id = id;
	s->codecpar->extradata = av_mallocz(n + AV_INPUT_BUFFER_PADDING_SIZE);
	if (!s->codecpar->extradata) return NULL;
	memcpy(s->codecpar->extradata, config, n);
	s->codecpar->extradata_size = n;
	return s->codecpar;
}

static int add_video(AVFormatContext *fc, int w, int h, int num, int den, int64_t bitrate, const void *config, int n) {
	AVCodecParameters *cp = add_stream(fc, AVMEDIA_TYPE_VIDEO, AV_CODEC_ID_H264, den, num, config, n);
	if (!cp) return AVERROR(ENOMEM);
	cp->width = w;
	cp->height = h;
	cp->bit_rate = bitrate;
	fc->streams[fc->nb_streams - 1]->avg_frame_rate = (AVRational){num, den};
	return 0;
}

static int add_audio(AVFormatContext *fc, int rate, int frame, int64_t bitrate, const void *config, int n) {
	AVCodecParameters *cp = add_stream(fc, AVMEDIA_TYPE_AUDIO, AV_CODEC_ID_AAC, 1, rate, config, n);
	if (!cp) return AVERROR(ENOMEM);
	cp->sample_rate = rate;
	cp->frame_size = frame;
	cp->bit_rate = bitrate;
	av_channel_layout_default(&cp->ch_layout, 2);
	return 0;
}

static int begin(AVFormatContext *fc) {
	// No version of the writing library and no date in the file: the same packets
	// make the same bytes.
	fc->flags |= AVFMT_FLAG_BITEXACT;
	int ret = avio_open(&fc->pb, fc->url, AVIO_FLAG_WRITE);
	if (ret < 0) return ret;
	AVDictionary *options = NULL;
	// The index first, so that a player can start while it downloads.
	av_dict_set(&options, "movflags", "+faststart", 0);
	ret = avformat_write_header(fc, &options);
	av_dict_free(&options);
	return ret;
}

// write hands the muxer a copy of the n bytes at data, with times in nanoseconds.
static int write(AVFormatContext *fc, AVPacket *pkt, int stream, const void *data, int n,
                 int64_t pts, int64_t dts, int64_t duration, int key) {
	int ret = av_new_packet(pkt, n);
	if (ret < 0) return ret;
	memcpy(pkt->data, data, n);
	pkt->stream_index = stream;
	pkt->pts = pts;
	pkt->dts = dts;
	pkt->duration = duration;
	if (key) pkt->flags |= AV_PKT_FLAG_KEY;
	av_packet_rescale_ts(pkt, (AVRational){1, 1000000000}, fc->streams[stream]->time_base);
	return av_interleaved_write_frame(fc, pkt); // takes the packet's bytes, on failure too
}

static int close_file(AVFormatContext *fc) { return avio_closep(&fc->pb); }
*/
import "C"

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"github.com/asticode/go-astiav"

	"github.com/lianmai/lianmai/media"
)

// FileConfig describes the streams of a File.
type FileConfig struct {
	Width, Height int
	FrameRate     media.FrameRate
	VideoBitrate  int    // bits per second
	AudioBitrate  int    // bits per second
	VideoConfig   []byte // avcC
	AudioConfig   []byte // AudioSpecificConfig of 48 kHz stereo
}

// FileFormats are the endings of the names of files that CreateFile can write.
func FileFormats() []string { return []string{".flv", ".mp4"} }

// File writes one video and one sound stream into a media file. One goroutine owns
// it. The same packets make the same bytes.
type File struct {
	fc    *C.AVFormatContext
	pkt   *C.AVPacket
	cfg   FileConfig
	ready bool // the header has been written
}

// CreateFile makes the file at path, FLV or MP4 by its ending, replacing one that
// is there. The caller closes it. Error: ErrConfig for another ending.
func CreateFile(path string, cfg FileConfig) (*File, error) {
	format := strings.ToLower(filepath.Ext(path))
	if !slices.Contains(FileFormats(), format) {
		return nil, fmt.Errorf("%w: %s: the name must end in %s", ErrConfig, path, strings.Join(FileFormats(), " or "))
	}
	name, url := C.CString(format[1:]), C.CString("file:"+path)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(url))
	f := &File{cfg: cfg}
	if ret := C.avformat_alloc_output_context2(&f.fc, nil, name, url); ret < 0 {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, format, astiav.Error(ret))
	}
	media.Retain()
	f.pkt = C.av_packet_alloc()
	if err := f.begin(); err != nil {
		f.free()
		return nil, fmt.Errorf("encode: creating %s: %w", path, err)
	}
	return f, nil
}

func (f *File) begin() error {
	c := f.cfg
	if len(c.VideoConfig) == 0 || len(c.AudioConfig) == 0 {
		return fmt.Errorf("%w: no decoder configuration", ErrConfig)
	}
	ret := C.add_video(f.fc, C.int(c.Width), C.int(c.Height), C.int(c.FrameRate.Num), C.int(c.FrameRate.Den),
		C.int64_t(c.VideoBitrate), unsafe.Pointer(&c.VideoConfig[0]), C.int(len(c.VideoConfig)))
	if ret >= 0 {
		ret = C.add_audio(f.fc, media.SampleRate, aacFrame, C.int64_t(c.AudioBitrate),
			unsafe.Pointer(&c.AudioConfig[0]), C.int(len(c.AudioConfig)))
	}
	if ret >= 0 {
		ret = C.begin(f.fc)
	}
	if ret < 0 {
		return astiav.Error(ret)
	}
	f.ready = true
	return nil
}

// aacFrame is the number of samples of each channel in one AAC-LC packet.
const aacFrame = 1024

// Write adds a packet. Packets of each kind come in the order of their DTS.
func (f *File) Write(p media.Packet) error {
	stream, duration := 0, f.cfg.FrameRate.Time(1)
	if p.Kind == media.Audio {
		stream, duration = 1, media.SampleTime(aacFrame)
	}
	var key C.int
	if p.Key {
		key = 1
	}
	ret := C.write(f.fc, f.pkt, C.int(stream), unsafe.Pointer(unsafe.SliceData(p.Data)),
		C.int(len(p.Data)), C.int64_t(p.PTS), C.int64_t(p.DTS), C.int64_t(duration), key)
	if ret < 0 {
		return fmt.Errorf("encode: writing the file: %w", astiav.Error(ret))
	}
	return nil
}

// Close writes the file's index and closes it. It may be called twice.
func (f *File) Close() error {
	if f == nil || f.fc == nil {
		return nil
	}
	var ret C.int
	if f.ready {
		ret = C.av_write_trailer(f.fc)
	}
	if closed := f.free(); ret >= 0 {
		ret = closed
	}
	if ret < 0 {
		return fmt.Errorf("encode: finishing the file: %w", astiav.Error(ret))
	}
	return nil
}

func (f *File) free() C.int {
	ret := C.close_file(f.fc)
	C.av_packet_free(&f.pkt)
	C.avformat_free_context(f.fc)
	f.fc = nil
	media.Release()
	return ret
}
