package encode

// slabSize is how much memory packets are cut from at a time, in bytes: a second or two of
// most mixes.
const slabSize = 256 << 10

// slab is memory for packets, so that one allocation does for many. Nothing is used twice:
// Go frees a slab when the last of its packets is gone. The zero value is ready.
type slab struct{ rest []byte }

// copy returns a copy of data that is its caller's for ever.
func (s *slab) copy(data []byte) []byte {
	n := len(data)
	if n > slabSize/4 {
		return append([]byte(nil), data...)
	}
	if n > len(s.rest) {
		s.rest = make([]byte, slabSize)
	}
	out := s.rest[:n:n]
	s.rest = s.rest[n:]
	copy(out, data)
	return out
}
