package rtmp

import (
	"fmt"
	"strings"
	"time"

	"github.com/lianmai/lianmai/media"
)

// Numbers in the bodies of video and audio messages (FLV file format 10.1, annex
// E.4.2 and E.4.3; HEVC as number 12 is a custom of the field) and in the extended
// bodies of Enhanced RTMP v1 and v2.
const (
	flvH264, flvHEVC = 7, 12
	flvAAC           = 10
	flvExAudio       = 9

	frameKey, frameInter, frameInfo = 1, 2, 5

	exSequenceStart, exCodedFrames, exSequenceEnd, exFramesX, exMetadata = 0, 1, 2, 3, 4
)

const (
	fourCCAVC  = "avc1"
	fourCCHEVC = "hvc1"
	fourCCAAC  = "mp4a"
)

// notice is why a message was left out: worth telling once, no reason to stop.
type notice string

// codec says that the notice is about a codec, so that nothing of it can be handed on.
func (n notice) codec() bool { return strings.Contains(string(n), " codec ") }

// parseMedia turns the body of a video or audio message into a packet. ok is false
// where there is nothing to hand on: end marks, empty bodies, and, with a notice,
// codecs that Lianmai does not read. The packet shares body's memory.
func parseMedia(m *message) (p media.Packet, ok bool, why notice) {
	if m.Type == typeVideo {
		p, ok, why = parseVideo(m.Body)
	} else {
		p, ok, why = parseAudio(m.Body)
	}
	p.DTS = m.Timestamp
	p.PTS += m.Timestamp // so far it is the composition time
	ok = ok && len(p.Data) > 0
	return p, ok, why
}

func parseVideo(b []byte) (p media.Packet, ok bool, why notice) {
	if len(b) == 0 {
		return p, false, ""
	}
	p.Kind = media.Video
	frame := b[0] >> 4 & 7
	p.Key = frame == frameKey
	if frame == frameInfo {
		return p, false, ""
	}
	if b[0]&0x80 != 0 {
		return parseVideoEx(p, b)
	}
	if len(b) < 5 {
		return p, false, ""
	}
	switch b[0] & 0x0f {
	case flvH264:
		p.Codec = media.CodecH264
	case flvHEVC:
		p.Codec = media.CodecHEVC
	default:
		return p, false, notice(fmt.Sprintf("video codec %d", b[0]&0x0f))
	}
	p.Data = b[5:]
	switch b[1] {
	case 0:
		p.Config, p.Key = true, true
	case 1:
		p.PTS = signed24(b[2:])
	default: // 2: end of sequence
		return p, false, ""
	}
	return p, true, ""
}

func parseVideoEx(p media.Packet, b []byte) (media.Packet, bool, notice) {
	if len(b) < 5 {
		return p, false, ""
	}
	switch string(b[1:5]) {
	case fourCCAVC:
		p.Codec = media.CodecH264
	case fourCCHEVC:
		p.Codec = media.CodecHEVC
	default:
		return p, false, notice("video codec " + clean(string(b[1:5])))
	}
	p.Data = b[5:]
	switch b[0] & 0x0f {
	case exSequenceStart:
		p.Config, p.Key = true, true
	case exCodedFrames:
		if len(b) < 8 {
			return p, false, ""
		}
		p.PTS, p.Data = signed24(b[5:]), b[8:]
	case exFramesX: // composition time is 0
	case exSequenceEnd, exMetadata:
		return p, false, ""
	default:
		return p, false, notice(fmt.Sprintf("extended video packet type %d", b[0]&0x0f))
	}
	return p, true, ""
}

func parseAudio(b []byte) (p media.Packet, ok bool, why notice) {
	p = media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Key: true}
	if len(b) < 2 {
		return p, false, ""
	}
	kind := b[1]
	switch b[0] >> 4 {
	case flvAAC:
		p.Data = b[2:]
	case flvExAudio:
		if len(b) < 5 {
			return p, false, ""
		}
		if string(b[1:5]) != fourCCAAC {
			return p, false, notice("audio codec " + clean(string(b[1:5])))
		}
		kind, p.Data = b[0]&0x0f, b[5:]
	default:
		return p, false, notice(fmt.Sprintf("audio codec %d", b[0]>>4))
	}
	switch kind {
	case exSequenceStart: // as in AAC's own packet types
		p.Config = true
	case exCodedFrames:
	default:
		return p, false, ""
	}
	return p, true, ""
}

// signed24 reads the composition time: 24 bits, signed, in milliseconds.
func signed24(b []byte) time.Duration {
	v := int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
	return time.Duration(v) * time.Millisecond
}

// milliseconds rounds a packet's time to what RTMP carries. Times before the start
// become the start: unsigned 32 bits know nothing below zero.
func milliseconds(t time.Duration) time.Duration {
	return max(0, t).Round(time.Millisecond)
}

// mediaMessage makes the message of a packet on a message stream (as on the wire). The
// timestamp does not wrap here; the chunk writer takes its low 32 bits.
func mediaMessage(p media.Packet, stream uint32) (*message, error) {
	m := &message{Timestamp: milliseconds(p.DTS), MessageStreamID: stream}
	var header [8]byte
	n := 0
	if p.Kind == media.Audio {
		if p.Codec != media.CodecAAC {
			return nil, fmt.Errorf("rtmp: cannot send %s sound", p.Codec)
		}
		m.Type, m.ChunkStreamID = typeAudio, chunkAudio
		// AAC always says 44.1 kHz, 16 bit, stereo (FLV, annex E.4.2.1).
		header[0], header[1] = flvAAC<<4|0x0f, bit(!p.Config)
		n = 2
	} else {
		m.Type, m.ChunkStreamID = typeVideo, chunkVideo
		var err error
		if n, err = videoHeader(&header, p); err != nil {
			return nil, err
		}
	}
	m.Body = make([]byte, n+len(p.Data))
	copy(m.Body[copy(m.Body, header[:n]):], p.Data)
	return m, nil
}

func videoHeader(header *[8]byte, p media.Packet) (int, error) {
	frame := byte(frameInter)
	if p.Key || p.Config {
		frame = frameKey
	}
	cts := int32((milliseconds(p.PTS) - milliseconds(p.DTS)) / time.Millisecond)
	if p.Config {
		cts = 0
	}
	switch p.Codec {
	case media.CodecH264:
		*header = [8]byte{frame<<4 | flvH264, bit(!p.Config), byte(cts >> 16), byte(cts >> 8), byte(cts)}
		return 5, nil
	case media.CodecHEVC:
		*header = [8]byte{0x80 | frame<<4 | bit(!p.Config), 'h', 'v', 'c', '1', byte(cts >> 16), byte(cts >> 8), byte(cts)}
		if p.Config {
			return 5, nil
		}
		return 8, nil
	}
	return 0, fmt.Errorf("rtmp: cannot send %s pictures", p.Codec)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
