package media

import "time"

// Kind tells pictures from sound.
type Kind uint8

// The kinds of media.
const (
	Video Kind = iota
	Audio
)

// String returns "video" or "audio".
func (k Kind) String() string {
	if k == Audio {
		return "audio"
	}
	return "video"
}

// Codec names how a Packet is coded.
type Codec uint8

// The codecs that Lianmai reads. H264 and AAC are what it writes.
const (
	CodecNone Codec = iota
	CodecH264
	CodecHEVC
	CodecAAC
)

// String returns the codec's usual short name.
func (c Codec) String() string {
	switch c {
	case CodecH264:
		return "h264"
	case CodecHEVC:
		return "hevc"
	case CodecAAC:
		return "aac"
	default:
		return "none"
	}
}

// Packet is one access unit of video, one AAC frame, or a decoder configuration.
type Packet struct {
	Kind  Kind
	Codec Codec
	// Config says that Data is a decoder configuration ("sequence header"):
	// an avcC or hvcC record (ISO/IEC 14496-15) or an AudioSpecificConfig
	// (ISO/IEC 14496-3). Otherwise video Data is length-prefixed NAL units and
	// audio Data is one raw AAC frame.
	Config bool
	// Key says that decoding can start here.
	Key bool
	// DTS and PTS are on the sender's clock, in whole milliseconds where the
	// packet came by RTMP (32 bits there; they may wrap, jump or start anywhere).
	DTS, PTS time.Duration
	// Data is immutable from the moment the packet is handed on.
	Data []byte
}
