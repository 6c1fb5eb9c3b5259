package decode

import (
	"bytes"
	"encoding/binary"

	"github.com/lianmai/lianmai/media"
)

// pictureSize reads from an avcC or hvcC record how large the pictures are that
// follow, in pixels, the margins that are not shown included. FFmpeg's decoders only
// say that they fail. ok is false if the record does not tell, as when it is in another
// form.
func pictureSize(codec media.Codec, config []byte) (w, h int, ok bool) {
	switch {
	case codec == media.CodecH264 && isAVCC(config):
		if config[5]&0x1f == 0 {
			return 0, 0, false
		}
		n := int(binary.BigEndian.Uint16(config[6:]))
		return sizeH264(config[8 : 8+n])
	case codec == media.CodecHEVC && isHVCC(config):
		rest := config[23:]
		for range config[22] {
			kind, units := rest[0]&0x3f, int(binary.BigEndian.Uint16(rest[1:]))
			if kind == hevcSPS && units > 0 {
				n := int(binary.BigEndian.Uint16(rest[3:]))
				return sizeHEVC(rest[5 : 5+n])
			}
			rest, _ = skipUnits(rest[3:], units)
		}
	}
	return 0, 0, false
}

// hevcSPS is the type of an HEVC sequence parameter set (H.265, table 7-1).
const hevcSPS = 33

// sizeH264 reads a sequence parameter set (H.264, 7.3.2.1.1).
func sizeH264(unit []byte) (w, h int, ok bool) {
	if len(unit) < 4 {
		return 0, 0, false
	}
	profile := unit[1]
	b := bitReader{data: unescaped(unit[4:])}
	b.ue() // seq_parameter_set_id
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma := b.ue()
		if chroma == 3 {
			b.skip(1)
		}
		b.ue() // bit depths
		b.ue()
		b.skip(1)
		if b.bit() == 1 {
			lists := 8
			if chroma == 3 {
				lists = 12
			}
			for i := range lists {
				b.skipScalingList(i)
			}
		}
	}
	b.ue() // log2_max_frame_num_minus4
	switch b.ue() {
	case 0:
		b.ue()
	case 1:
		b.skip(1)
		b.ue() // both are signed, and as long
		b.ue()
		for n := b.ue(); n > 0 && !b.end; n-- {
			b.ue()
		}
	}
	b.ue() // max_num_ref_frames
	b.skip(1)
	w, h = 16*(int(b.ue())+1), 16*(int(b.ue())+1)
	if b.bit() == 0 { // fields
		h *= 2
	}
	return w, h, !b.end
}

// sizeHEVC reads a sequence parameter set (H.265, 7.3.2.2.1).
func sizeHEVC(unit []byte) (w, h int, ok bool) {
	if len(unit) < 3 {
		return 0, 0, false
	}
	b := bitReader{data: unescaped(unit[2:])}
	b.skip(4)
	layers := int(b.bits(3)) // sub-layers beside the first
	b.skip(1)
	b.skipProfile(layers)
	b.ue() // sps_seq_parameter_set_id
	if b.ue() == 3 {
		b.skip(1)
	}
	w, h = int(b.ue()), int(b.ue())
	return w, h, !b.end
}

// skipProfile passes over profile_tier_level (H.265, 7.3.3).
func (b *bitReader) skipProfile(layers int) {
	b.skip(88 + 8)
	var profile, level [8]bool
	for i := range layers {
		profile[i], level[i] = b.bit() == 1, b.bit() == 1
	}
	if layers > 0 {
		b.skip(2 * (8 - layers))
	}
	for i := range layers {
		if profile[i] {
			b.skip(88)
		}
		if level[i] {
			b.skip(8)
		}
	}
}

// skipScalingList passes over list i of a sequence parameter set (H.264, 7.3.2.1.1.1).
func (b *bitReader) skipScalingList(i int) {
	if b.bit() == 0 {
		return
	}
	size := 16
	if i >= 6 {
		size = 64
	}
	last, next := 8, 8
	for range size {
		if next != 0 {
			next = (last + b.se() + 256) % 256
		}
		if next != 0 {
			last = next
		}
	}
}

// bitReader reads bits from the most significant on. Beyond the end it reads zeros and
// says so.
type bitReader struct {
	data []byte
	pos  int // bits
	end  bool
}

func (b *bitReader) bit() uint32 {
	if b.pos >= 8*len(b.data) {
		b.end = true
		return 0
	}
	v := b.data[b.pos/8] >> (7 - b.pos%8) & 1
	b.pos++
	return uint32(v)
}

func (b *bitReader) bits(n int) (v uint32) {
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

func (b *bitReader) skip(n int) {
	b.pos += n
	b.end = b.end || b.pos > 8*len(b.data)
}

// ue reads an unsigned Exp-Golomb number (H.264, 9.1); at most 2^16, which is more than
// any side or count may be.
func (b *bitReader) ue() uint32 {
	zeros := 0
	for b.bit() == 0 {
		zeros++
		if b.end || zeros > 16 {
			b.end = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.bits(zeros)
}

// se reads a signed one.
func (b *bitReader) se() int {
	v := int(b.ue())
	if v%2 == 0 {
		return -v / 2
	}
	return (v + 1) / 2
}

// unescaped takes out the bytes that keep start codes from appearing within a unit.
func unescaped(unit []byte) []byte { return bytes.ReplaceAll(unit, []byte{0, 0, 3}, []byte{0, 0}) }
