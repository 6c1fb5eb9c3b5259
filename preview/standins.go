package preview

import (
	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/media"
)

// standIns are people who have been drawn. Its owner frees them.
type standIns struct{ drawn map[standIn]*media.Frame }

// standIn is which person in which size.
type standIn struct{ number, w, h int }

// ofSize returns person number for a tile of w×h; it stays the standIns'.
func (s *standIns) ofSize(number, w, h int) (*media.Frame, error) {
	key := standIn{number, w, h}
	if f := s.drawn[key]; f != nil {
		return f, nil
	}
	f, err := compose.NewStandIn(number, w, h)
	if err != nil {
		return nil, err
	}
	if s.drawn == nil {
		s.drawn = map[standIn]*media.Frame{}
	}
	s.drawn[key] = f
	return f, nil
}

// upright and lying are the sizes of the pictures that people send to a sheet.
var upright, lying = [2]int{360, 640}, [2]int{640, 360}

// ofOrientation is ofSize in one of two sizes, so that many tiles share a drawing; the
// compositor cuts it as it cuts a stream.
func (s *standIns) ofOrientation(number, w, h int) (*media.Frame, error) {
	size := upright
	if w > h {
		size = lying
	}
	return s.ofSize(number, size[0], size[1])
}

func (s *standIns) free() {
	for _, f := range s.drawn {
		f.Free()
	}
	s.drawn = nil
}
