package encode

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Packets keep what was put into them, whatever comes after and whoever appends to them.
func TestSlabNeverUsesMemoryTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slab
		var packets [][]byte
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 1000, slabSize/4 - 1, slabSize / 4, slabSize/4 + 1, slabSize}), 1, 40).Draw(t, "sizes")
		for i, n := range sizes {
			p := s.copy(bytes.Repeat([]byte{byte(i)}, n))
			_ = append(p, 0xee)
			packets = append(packets, p)
		}
		for i, p := range packets {
			if len(p) != sizes[i] || bytes.Count(p, []byte{byte(i)}) != len(p) {
				t.Fatalf("packet %d of %d bytes has changed", i, sizes[i])
			}
		}
	})
}
