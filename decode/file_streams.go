package decode

import (
	"strings"

	"github.com/asticode/go-astiav"
)

// maxAhead is how many bytes of packets are looked at to find a file's streams; it is
// FFmpeg's probesize.
const maxAhead = 5_000_000

// findStreams learns which streams there are and how they are decoded. FFmpeg's own way
// decodes seven pictures of H.264 to see how far they are reordered. FLV and MP4 carry both times of each
// packet and the decoders' configurations, so that their packets come out the same without. Only
// of an FLV that reorders pictures and does not say how far may one more be lost at the start, as of a live stream.
func (f *File) findStreams() error {
	switch name := f.fc.InputFormat().Name(); {
	case strings.HasSuffix(name, "flv"): // and live_flv
		f.readAhead()
		return nil
	case strings.HasPrefix(name, "mov,") && f.configured() && f.Duration() > 0: // a fragmented one has no duration in its head
		return nil
	default:
		return f.fc.FindStreamInfo(nil)
	}
}

// readAhead reads packets until both streams have shown themselves; FLV has no list of them.
// A file that cannot be read any further has the streams that were found.
func (f *File) readAhead() {
	for size := 0; size < maxAhead && !f.complete(); {
		if f.fc.ReadFrame(f.pkt) != nil {
			break
		}
		size += f.pkt.Size()
		pkt := astiav.AllocPacket()
		pkt.MoveRef(f.pkt)
		f.ahead = append(f.ahead, pkt)
	}
}

// complete says that no stream is still to be found and none lacks its configuration.
func (f *File) complete() bool {
	return !f.fc.CtxFlags().Has(astiav.FormatContextCtxFlagNoHeader) && f.configured()
}

// configured says that there are streams and all of them have the configuration that their codec needs.
func (f *File) configured() bool {
	streams := f.fc.Streams()
	for _, s := range streams {
		cp := s.CodecParameters()
		switch cp.CodecID() {
		case astiav.CodecIDH264, astiav.CodecIDHevc, astiav.CodecIDAac:
			if len(cp.ExtraData()) == 0 {
				return false
			}
		}
	}
	return len(streams) > 0
}

// next moves the next native packet into f.pkt. Errors: FFmpeg's.
func (f *File) next() error {
	if len(f.ahead) == 0 {
		return f.fc.ReadFrame(f.pkt)
	}
	f.pkt.MoveRef(f.ahead[0])
	f.ahead[0].Free()
	f.ahead = f.ahead[1:]
	return nil
}
