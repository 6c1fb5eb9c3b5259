package layout

// Override changes one placement of an arrangement. What is nil stays as the template
// has it.
type Override struct {
	// Participant names whose placement is meant.
	Participant string
	// X and Y are the left and top edges, W and H the size.
	X, Y, W, H *Length
	Z          *int
	Fit        *Fit
	Radius     *float64
	Border     *Border
	Label      *Label
	Fade       *uint8
}

// Overridden makes the overrides in the placements, one after another, and returns
// these, sorted by Z. Those for participants that have no placement are passed over.
// What reaches beyond the canvas is cut at its edge.
func Overridden(canvas Size, placements []Placement, overrides []Override) []Placement {
	canvas = Size{canvas.W &^ 1, canvas.H &^ 1}
	for _, o := range overrides {
		for i := range placements {
			if p := &placements[i]; o.Participant != "" && p.Name == o.Participant {
				o.change(canvas, p)
			}
		}
	}
	sortByZ(placements)
	return placements
}

// change makes one override.
func (o Override) change(canvas Size, p *Placement) {
	x, width := float64(p.Rect.X), float64(p.Rect.W)
	y, height := float64(p.Rect.Y), float64(p.Rect.H)
	on(&x, o.X, canvas)
	on(&y, o.Y, canvas)
	on(&width, o.W, canvas)
	on(&height, o.H, canvas)
	p.Rect.X, p.Rect.W = span(x, x+width, canvas.W)
	p.Rect.Y, p.Rect.H = span(y, y+height, canvas.H)
	set(&p.Z, o.Z)
	set(&p.Fit, o.Fit)
	set(&p.Style.Radius, o.Radius)
	set(&p.Style.Border, o.Border)
	set(&p.Style.Label, o.Label)
	set(&p.Style.Fade, o.Fade)
}

// on sets to where there is a length.
func on(to *float64, length *Length, canvas Size) {
	if length != nil {
		*to = length.On(canvas)
	}
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}
