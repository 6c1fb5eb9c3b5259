package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/lianmai/lianmai/media"
)

// checkVideoConfig tells a decoder configuration from garbage. FFmpeg's decoders
// take anything: what they cannot read they take for no configuration at all, and
// then every access unit is an error. Accepted are avcC and hvcC records
// (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1) and, for files of such formats, parameter
// sets behind start codes (Annex B).
func checkVideoConfig(codec media.Codec, config []byte) error {
	if bytes.HasPrefix(config, []byte{0, 0, 1}) || bytes.HasPrefix(config, []byte{0, 0, 0, 1}) {
		return nil
	}
	ok := false
	if codec == media.CodecHEVC {
		ok = isHVCC(config)
	} else {
		ok = isAVCC(config)
	}
	if !ok {
		return fmt.Errorf("%w: %d bytes are no %s decoder configuration record", ErrConfig, len(config), codec)
	}
	return nil
}

// isAVCC follows the lengths in an AVCDecoderConfigurationRecord. Bytes after the
// picture parameter sets are extensions.
func isAVCC(b []byte) bool {
	if len(b) < 7 || b[0] != 1 {
		return false
	}
	rest, ok := skipUnits(b[6:], int(b[5]&0x1f))
	if !ok || len(rest) == 0 {
		return false
	}
	_, ok = skipUnits(rest[1:], int(rest[0]))
	return ok
}

// isHVCC follows the lengths in an HEVCDecoderConfigurationRecord.
func isHVCC(b []byte) bool {
	// Early writers put version 0.
	if len(b) < 23 || b[0] > 1 {
		return false
	}
	rest := b[23:]
	for range b[22] {
		if len(rest) < 3 {
			return false
		}
		var ok bool
		if rest, ok = skipUnits(rest[3:], int(binary.BigEndian.Uint16(rest[1:]))); !ok {
			return false
		}
	}
	return true
}

// skipUnits passes over n units, each behind its length in two bytes.
func skipUnits(b []byte, n int) (rest []byte, ok bool) {
	for range n {
		if len(b) < 2 {
			return nil, false
		}
		size := 2 + int(binary.BigEndian.Uint16(b))
		if len(b) < size {
			return nil, false
		}
		b = b[size:]
	}
	return b, true
}
