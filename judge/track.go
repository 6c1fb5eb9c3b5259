package judge

import (
	"bytes"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// track is what picture and sound have in common.
type track struct {
	clock   unwrapper
	count   counter
	codec   media.Codec
	config  []byte
	fault   error // why there is no decoder
	frames  int
	bytes   int64
	errors  int
	first   time.Duration
	end     time.Duration // where the last frame ends
	started bool
}

func (t *track) add(pkt media.Packet) {
	if !t.started {
		t.started, t.first = true, pkt.DTS
	}
	t.frames++
	t.bytes += int64(len(pkt.Data))
	t.count.add(pkt.DTS)
	t.end = max(t.end, pkt.PTS)
}

func (t *track) bitrate() float64 {
	if d := (t.end - t.first).Seconds(); d > 0 {
		return round(float64(t.bytes)*8/d, 0)
	}
	return 0
}

// arrivals is how many pictures a decoder can hold back without their time of
// arrival being forgotten.
const arrivals = 32

// videoTrack counts and decodes the pictures.
type videoTrack struct {
	track
	decoder       *decode.Video
	width, height int
	sizeChanges   int
	decoded       int
	bFrames       bool
	keys          int
	lastKey       time.Duration
	gopMin        time.Duration
	gopMax        time.Duration
	noKeyFirst    bool

	arrived  [arrivals]struct{ pts, wall time.Duration }
	next     int
	live     bool
	firstAt  time.Time     // arrival of the first packet
	prompt   time.Duration // least of arrival − timestamp
	promptOK bool
	late     time.Duration
}

func (v *videoTrack) configure(pkt media.Packet) {
	if v.decoder != nil && bytes.Equal(v.config, pkt.Data) {
		return
	}
	v.decoder.Close()
	v.codec, v.config = pkt.Codec, bytes.Clone(pkt.Data)
	v.decoder, v.fault = decode.NewVideo(pkt.Codec, pkt.Data, decode.VideoOptions{})
}

// packet takes the timestamps, which are in stream time, and the arrival.
func (v *videoTrack) packet(pkt media.Packet, arrival time.Time, settle time.Duration) {
	if v.frames == 0 && !pkt.Key {
		v.noKeyFirst = true
	}
	v.add(pkt)
	v.bFrames = v.bFrames || pkt.PTS != pkt.DTS
	if pkt.Key {
		if v.keys > 0 {
			gop := pkt.DTS - v.lastKey
			if v.keys == 1 || gop < v.gopMin {
				v.gopMin = gop
			}
			v.gopMax = max(v.gopMax, gop)
		}
		v.keys++
		v.lastKey = pkt.DTS
	}
	if arrival.IsZero() {
		return
	}
	if !v.live {
		v.live, v.firstAt = true, arrival
	}
	since := v.sinceFirst(arrival)
	v.arrived[v.next%arrivals].pts, v.arrived[v.next%arrivals].wall = pkt.PTS, since
	v.next++
	if since < settle {
		return
	}
	if lag := since - pkt.DTS; !v.promptOK || lag < v.prompt {
		v.prompt, v.promptOK = lag, true
	} else {
		v.late = max(v.late, lag-v.prompt)
	}
}

func (v *videoTrack) sinceFirst(arrival time.Time) time.Duration { return arrival.Sub(v.firstAt) }

// decode decodes one packet; picture owns each frame and is told when it arrived.
func (v *videoTrack) decode(pkt media.Packet, picture func(*media.Frame, time.Time)) {
	if v.decoder == nil {
		v.errors++
		return
	}
	if err := v.decoder.Decode(pkt, v.emit(picture)); err != nil {
		v.errors++
	}
}

func (v *videoTrack) emit(picture func(*media.Frame, time.Time)) func(*media.Frame) {
	return func(f *media.Frame) {
		if v.decoded > 0 && (f.Width() != v.width || f.Height() != v.height) {
			v.sizeChanges++
		}
		v.decoded++
		v.width, v.height = f.Width(), f.Height()
		var arrived time.Time
		if v.live {
			for _, a := range v.arrived {
				if a.pts == f.PTS {
					arrived = v.firstAt.Add(a.wall)
				}
			}
		}
		picture(f, arrived)
	}
}

// flush brings out the pictures that the decoder still holds.
func (v *videoTrack) flush(picture func(*media.Frame, time.Time)) {
	if v.decoder != nil && v.decoded > 0 {
		if err := v.decoder.Flush(v.emit(picture)); err != nil {
			v.errors++
		}
	}
}

func (v *videoTrack) restart() {
	v.close()
	v.clock = unwrapper{}
	v.count.restart()
	v.promptOK, v.keys = false, 0
}

func (v *videoTrack) close() {
	v.decoder.Close()
	v.decoder = nil
}

// audioTrack counts and decodes the sound.
type audioTrack struct {
	track
	decoder        *decode.Audio
	rate, channels int
}

func (a *audioTrack) configure(pkt media.Packet) {
	if a.decoder != nil && bytes.Equal(a.config, pkt.Data) {
		return
	}
	a.decoder.Close()
	a.codec, a.config = pkt.Codec, bytes.Clone(pkt.Data)
	a.decoder, a.fault = decode.NewAudio(pkt.Codec, pkt.Data)
	var asc mpeg4audio.AudioSpecificConfig
	if a.fault == nil {
		if err := asc.Unmarshal(pkt.Data); err != nil {
			a.fault = fmt.Errorf("reading the AudioSpecificConfig: %w", err)
		}
	}
	if a.fault != nil || asc.SampleRate <= 0 {
		return
	}
	length := 1024
	if asc.FrameLengthFlag {
		length = 960
	}
	a.rate, a.channels = asc.SampleRate, int(asc.ChannelConfig)
	a.count.restart()
	a.count.rate = media.FrameRate{Num: asc.SampleRate, Den: length}
}

func (a *audioTrack) packet(pkt media.Packet) { a.add(pkt) }

// decode decodes one packet; sound gets the samples for the length of the call.
func (a *audioTrack) decode(pkt media.Packet, sound func(time.Duration, []float32)) {
	if a.decoder == nil {
		a.errors++
		return
	}
	if err := a.decoder.Decode(pkt, sound); err != nil {
		a.errors++
	}
}

func (a *audioTrack) restart() {
	a.close()
	a.clock = unwrapper{}
	a.count.restart()
}

func (a *audioTrack) close() {
	a.decoder.Close()
	a.decoder = nil
}
