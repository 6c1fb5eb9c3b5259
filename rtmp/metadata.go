package rtmp

import "github.com/bluenviron/gortmplib/pkg/amf0"

// metadata is the onMetaData message of a stream (FLV file format 10.1, annex E.5),
// with the order to the server to keep it. Tracks without a configuration are left
// out.
func metadata(h Header, video, audio []byte) amf0.Data {
	var o amf0.Object
	add := func(key string, value any) { o = append(o, amf0.ObjectEntry{Key: key, Value: value}) }
	add("duration", 0.0)
	if len(video) > 0 {
		add("width", float64(h.Width))
		add("height", float64(h.Height))
		add("videocodecid", float64(flvH264))
		add("videodatarate", float64(h.VideoBitrate)/1000)
		if h.FrameRate.Num > 0 && h.FrameRate.Den > 0 {
			add("framerate", h.FrameRate.Float())
		}
	}
	if len(audio) > 0 {
		rate, channels := audioFormat(audio)
		add("audiocodecid", float64(flvAAC))
		add("audiodatarate", float64(h.AudioBitrate)/1000)
		add("audiosamplerate", float64(rate))
		add("audiosamplesize", 16.0)
		add("stereo", channels == 2)
	}
	add("encoder", "Lianmai")
	return amf0.Data{"@setDataFrame", "onMetaData", o}
}

// aacRates are the sampling frequencies by index (ISO/IEC 14496-3, table 1.18), in Hz.
var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// audioFormat reads sample rate and channels of a plain AudioSpecificConfig; zeros if
// it is not plain.
func audioFormat(config []byte) (rate, channels int) {
	if len(config) < 2 {
		return 0, 0
	}
	index := int(config[0]&7)<<1 | int(config[1]>>7)
	if index >= len(aacRates) {
		return 0, 0
	}
	return aacRates[index], int(config[1] >> 3 & 0x0f)
}
