package main

import (
	"encoding/json"
	"os"

	"github.com/lianmai/lianmai/layout"
)

// bareTemplate returns the text of a template that has these rectangles on the canvas
// and nothing else: the pictures alone, which is what ffmpeg is asked for.
func bareTemplate(canvas layout.Size, rects []layout.Rect) ([]byte, error) {
	type slot struct {
		X    float64 `json:"x"`
		Y    float64 `json:"y"`
		W    float64 `json:"w"`
		H    float64 `json:"h"`
		Role string  `json:"role,omitempty"`
	}
	type slots struct {
		Slots []slot `json:"slots"`
	}
	var one slots
	for i, r := range rects {
		s := slot{
			X: float64(r.X) / float64(canvas.W), Y: float64(r.Y) / float64(canvas.H),
			W: float64(r.W) / float64(canvas.W), H: float64(r.H) / float64(canvas.H),
		}
		if i == 0 {
			s.Role = "MAIN"
		}
		one.Slots = append(one.Slots, s)
	}
	return json.Marshal(struct {
		Name    string  `json:"name"`
		Layouts []slots `json:"layouts"`
	}{"bare", []slots{one}})
}

// writeTemplate writes the scenario's bare template to path.
func (s scenario) writeTemplate(path string) error {
	rects, err := s.rects()
	if err != nil {
		return err
	}
	text, err := bareTemplate(s.canvas, rects)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
