package layout

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"
)

// ErrUnknownTemplate is returned by Builtin for a name that is not built in. Its
// wrapped message lists the names that are.
var ErrUnknownTemplate = errors.New("layout: unknown template")

// Default is the name of the template that is used when none is named.
const Default = "grid-by-count"

// MaxBuiltin is the largest head count that every built-in template has room for; some
// have room for more, as their Participants say.
const MaxBuiltin = 6

// DefaultTransition is that of the built-in templates.
var DefaultTransition = Transition{Duration: 300 * time.Millisecond, Easing: EaseInOut, Settle: 250 * time.Millisecond}

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
	return []Template{gridByCount(), grid(), float(), sideColumn(), strip(), pk(), pip(), screenShare()}
}

// How the built-in templates are dressed, in shares of the shorter side: restrained,
// so that it suits every app around the picture.
var (
	// nameLabel says who is seen, where several are.
	nameLabel = Label{
		Text:       "{name}",
		At:         BottomLeft,
		Size:       .032,
		Color:      color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff},
		Background: color.NRGBA{A: 0x80},
	}
	// tileStyle lifts a tile off the video that it floats over.
	tileStyle = Style{
		Radius: .025,
		Border: Border{Width: .003, Color: color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0x66}},
		Label:  nameLabel.sized(.025),
	}
	// stageStyle is that of a main speaker behind floating tiles. The name is at the
	// top: at the bottom apps have their chat.
	stageStyle = Style{Label: nameLabel.at(TopLeft)}
)

func (l Label) at(a Anchor) Label {
	l.At = a
	return l
}

func (l Label) sized(share float64) Label {
	l.Size = share
	return l
}

// named puts names on the pictures wherever more than one is seen.
func named(layouts []Layout) []Layout {
	for _, l := range layouts {
		for i := range l.Slots {
			if len(l.Slots) > 1 {
				l.Slots[i].Style.Label = nameLabel
			}
		}
	}
	return layouts
}

// builtin returns a template with what all built-in ones have in common.
func builtin(name, description string, participants int, portrait, landscape []Layout) Template {
	return Template{
		Name:         name,
		Description:  description,
		Background:   Background{Color: night},
		Transition:   DefaultTransition,
		Participants: participants,
		Portrait:     portrait,
		Landscape:    landscape,
	}
}

// upTo asks for the layouts of each head count up to most.
func upTo(most int, layout func(n int) Layout) []Layout {
	list := make([]Layout, most)
	for i := range list {
		list[i] = layout(i + 1)
	}
	return list
}
