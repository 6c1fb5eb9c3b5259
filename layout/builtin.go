package layout

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnknownTemplate is returned by Builtin for a name that is not built in. Its
// wrapped message lists the names that are.
var ErrUnknownTemplate = errors.New("layout: unknown template")

// Default is the name of the template that is used when none is named.
const Default = "grid-by-count"

// MaxBuiltin is the largest head count that the built-in templates have a layout for.
const MaxBuiltin = 6

// Builtin returns the built-in template of that name; the empty name means Default.
// The error wraps ErrUnknownTemplate.
func Builtin(name string) (Template, error) {
	if name == "" {
		name = Default
	}
	all := builtins()
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
	}
	return Template{}, fmt.Errorf("%w %q; the built-in ones are %s",
		ErrUnknownTemplate, name, strings.Join(names(all), ", "))
}

// BuiltinNames returns the names of the built-in templates in alphabetical order.
func BuiltinNames() []string { return names(builtins()) }

func names(templates []Template) []string {
	list := make([]string, 0, len(templates))
	for _, t := range templates {
		list = append(list, t.Name)
	}
	slices.Sort(list)
	return list
}

// night is the background of the built-in templates: nearly black, slightly blue.
var night = Color{R: 0x14, G: 0x16, B: 0x1c}

func builtins() []Template {
	return []Template{gridByCount(), grid(), pk(), strip()}
}

// gridByCount arranges a portrait canvas like the mini programs of the field do, and a
// landscape one by the same idea: every head count has the division in which all
// pictures keep a shape that suits faces.
func gridByCount() Template {
	squares := Length{W: -1.0 / 2, H: 1} // what two squares of half the width leave of the height
	return Template{
		Name:         "grid-by-count",
		Description:  "the mini-program layout by head count; the main speaker is largest with 3 and 6 (5 too on landscape)",
		Background:   Background{Color: night},
		Participants: MaxBuiltin,
		Portrait: []Layout{
			{Slots: []Slot{slot(w(0), h(0), w(1), h(1)).main()}},
			// The panes are 3:4 and centred: H/2 − W/3 above and below.
			{Slots: row(Length{H: 1.0 / 2, W: -1.0 / 3}, w(2.0/3), 2)},
			{Slots: join(slots(slot(w(0), h(0), w(1), squares).main()), row(squares, w(1.0/2), 2))},
			{Slots: join(row(h(0), h(1.0/2), 2), row(h(1.0/2), h(1.0/2), 2))},
			{Slots: join(row(h(0), h(3.0/5), 2), row(h(3.0/5), h(2.0/5), 3))},
			{Slots: join(
				slots(
					slot(w(0), h(0), w(2.0/3), h(3.0/5)).main(),
					slot(w(2.0/3), h(0), w(1.0/3), h(3.0/10)),
					slot(w(2.0/3), h(3.0/10), w(1.0/3), h(3.0/10)),
				),
				row(h(3.0/5), h(2.0/5), 3))},
		},
		Landscape: []Layout{
			{Slots: []Slot{slot(w(0), h(0), w(1), h(1)).main()}},
			{Slots: row(h(0), h(1), 2)},
			{Slots: join(slots(slot(w(0), h(0), w(2.0/3), h(1)).main()), column(w(2.0/3), w(1.0/3), 2))},
			{Slots: join(row(h(0), h(1.0/2), 2), row(h(1.0/2), h(1.0/2), 2))},
			// Four quarters of the right half: the same shape as the left half.
			{Slots: join(
				slots(slot(w(0), h(0), w(1.0/2), h(1)).main()),
				slots(
					slot(w(1.0/2), h(0), w(1.0/4), h(1.0/2)),
					slot(w(3.0/4), h(0), w(1.0/4), h(1.0/2)),
					slot(w(1.0/2), h(1.0/2), w(1.0/4), h(1.0/2)),
					slot(w(3.0/4), h(1.0/2), w(1.0/4), h(1.0/2)),
				))},
			{Slots: join(
				slots(
					slot(w(0), h(0), w(2.0/3), h(2.0/3)).main(),
					slot(w(2.0/3), h(0), w(1.0/3), h(1.0/3)),
					slot(w(2.0/3), h(1.0/3), w(1.0/3), h(1.0/3)),
				),
				row(h(2.0/3), h(1.0/3), 3))},
		},
	}
}

// grid gives everyone the same size. Five sit in the grid of six, the last row centred.
func grid() Template {
	return Template{
		Name:         "grid",
		Description:  "equal cells: six are 3 by 2 on a landscape canvas and 2 by 3 on a portrait one",
		Background:   Background{Color: night},
		Participants: MaxBuiltin,
		Portrait: []Layout{
			cells(1, 1), cells(2, 1), cells(3, 1), cells(4, 2), cells(5, 2), cells(6, 2),
		},
		Landscape: []Layout{
			cells(1, 1), cells(2, 2), cells(3, 3), cells(4, 2), cells(5, 3), cells(6, 3),
		},
	}
}

// pk sets two hosts against each other in equal halves; guests sit in a row
// below them, a quarter of the canvas high.
func pk() Template {
	t := Template{
		Name:         "pk",
		Description:  "two hosts in equal halves side by side; guests in a row below them",
		Background:   Background{Color: night},
		Participants: MaxBuiltin,
	}
	for n := 1; n <= MaxBuiltin; n++ {
		if n <= 2 {
			full := Layout{Slots: row(h(0), h(1), n)}
			t.Portrait, t.Landscape = append(t.Portrait, full), append(t.Landscape, full)
			continue
		}
		guests := n - 2
		hosts := row(h(0), h(3.0/4), 2)
		// On a portrait canvas the guests share the width; one alone keeps to the
		// middle half. On a landscape canvas each keeps the shape of the canvas.
		wide := min(1.0/float64(guests), 1.0/2)
		t.Portrait = append(t.Portrait, Layout{Slots: join(hosts, centred(h(3.0/4), h(1.0/4), wide, guests))})
		t.Landscape = append(t.Landscape, Layout{Slots: join(hosts, centred(h(3.0/4), h(1.0/4), 1.0/4, guests))})
	}
	return t
}

// strip shows the main speaker large and the others in a strip: below on a portrait
// canvas, at the right on a landscape one. The strip gets narrower as it fills, so
// that its pictures keep a shape near that of the canvas.
func strip() Template {
	t := Template{
		Name:         "strip",
		Description:  "the main speaker large, the others in a strip: below on portrait, at the right on landscape",
		Background:   Background{Color: night},
		Participants: MaxBuiltin,
		Portrait:     []Layout{{Slots: row(h(0), h(1), 1)}},
		Landscape:    []Layout{{Slots: row(h(0), h(1), 1)}},
	}
	widths := map[int]float64{2: 1.0 / 3, 3: 1.0 / 4, 4: 1.0 / 4, 5: 1.0 / 4, 6: 1.0 / 5}
	for n := 2; n <= MaxBuiltin; n++ {
		strip, rest := widths[n], 1-widths[n]
		t.Portrait = append(t.Portrait, Layout{Slots: join(
			slots(slot(w(0), h(0), w(1), h(rest)).main()), row(h(rest), h(strip), n-1))})
		t.Landscape = append(t.Landscape, Layout{Slots: join(
			slots(slot(w(0), h(0), w(rest), h(1)).main()), column(w(rest), w(strip), n-1))})
	}
	return t
}
