package judge

import (
	"encoding/binary"
	"image"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

// A packet of the fuzzer's: kind, configuration and key in the low bits of a byte,
// DTS in ms in four, composition time in one, length in two, then the data.
const fuzzHead = 8

func packPackets(list []media.Packet) []byte {
	var out []byte
	for _, p := range list {
		flags := byte(p.Kind)
		if p.Config {
			flags |= 2
		}
		if p.Key {
			flags |= 4
		}
		out = append(out, flags)
		out = binary.BigEndian.AppendUint32(out, uint32(p.DTS/time.Millisecond))
		out = append(out, byte((p.PTS-p.DTS)/time.Millisecond))
		out = binary.BigEndian.AppendUint16(out, uint16(len(p.Data)))
		out = append(out, p.Data...)
	}
	return out
}

func unpackPackets(data []byte) (list []media.Packet) {
	for len(data) >= fuzzHead && len(list) < 200 {
		p := media.Packet{Kind: media.Kind(data[0] & 1), Codec: media.CodecH264, Config: data[0]&2 != 0, Key: data[0]&4 != 0}
		if p.Kind == media.Audio {
			p.Codec = media.CodecAAC
		}
		p.DTS = time.Duration(binary.BigEndian.Uint32(data[1:])) * time.Millisecond
		p.PTS = p.DTS + time.Duration(int8(data[5]))*time.Millisecond
		n := min(int(binary.BigEndian.Uint16(data[6:])), len(data)-fuzzHead)
		p.Data = data[fuzzHead : fuzzHead+n]
		data = data[fuzzHead+n:]
		list = append(list, p)
	}
	return list
}

// Whatever arrives, there is a report, and nothing stays allocated.
func FuzzJudge(f *testing.F) {
	s := newStage()
	s.w, s.h, s.bitrate, s.sourceW, s.sourceH = 160, 90, 100_000, 160, 90
	s.where = func(time.Duration) map[int]image.Rectangle {
		return map[int]image.Rectangle{1: image.Rect(0, 0, 160, 90)}
	}
	f.Add(packPackets(s.packets(f, 300*time.Millisecond)), true)
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, false)
	f.Fuzz(func(t *testing.T, data []byte, live bool) {
		before := media.Live()
		j := New(Options{Sheet: NewSheet(SheetConfig{Height: 20, Max: 4})})
		at := time.Time{}
		if live {
			at = time.UnixMilli(1_800_000_000_000)
		}
		for i, p := range unpackPackets(data) {
			if i%50 == 49 {
				j.Interrupted("closed")
			}
			j.Packet(p, at)
			if live {
				at = at.Add(20 * time.Millisecond)
			}
		}
		j.Finish()
		if n := media.Live(); n != before {
			t.Errorf("%d native objects before, %d after", before, n)
		}
	})
}
