// Package preview draws what a layout template looks like, by the compositor that
// draws mixes, with stand-ins for people.
package preview

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/stage"
)

// MaxPeople is the most people of one picture.
const MaxPeople = 16

// ErrRequest is returned for more people than the template is made for, and for a size
// that cannot be.
var ErrRequest = errors.New("preview: bad request")

// Request says what is to be drawn.
type Request struct {
	Template layout.Template
	// Canvas is the size of the picture in pixels; both sides even, 16–media.MaxSide.
	Canvas layout.Size
	// People is how many there are, 0–MaxPeople and at most Template.Participants.
	People int
	// Main is the number of the main speaker, 1–People; 0 for the first.
	Main int
	// At is the time that clocks show.
	At time.Time
}

// names are the display names of the stand-ins, each with another for fonts that have
// no Chinese.
var names = [MaxPeople][2]string{
	{"林小满", "Lin"}, {"Ava Chen", ""}, {"周子墨", "Zimo"}, {"Noah", ""}, {"苏晴 Sunny", "Sunny"}, {"Leo", ""}, {"陈嘉欣", "Jiaxin"}, {"Mia Rossi", ""},
	{"王一凡", "Yifan"}, {"Zoe", ""}, {"何雨桐", "Yutong"}, {"Ethan", ""}, {"赵思远", "Siyuan"}, {"Ivy", ""}, {"唐果", "Tang"}, {"Max", ""},
}

// name returns the display name of stand-in number i, from 0.
func name(i int, fonts *compose.Fonts) string {
	if n := names[i]; n[1] == "" || fonts.Supports(n[0]) {
		return n[0]
	}
	return names[i][1]
}

// Draw draws what r asks for. Errors: ErrRequest, or those of the pictures.
func Draw(r Request, fonts *compose.Fonts, pictures stage.Pictures) (image.Image, error) {
	people := &standIns{}
	defer people.free()
	return r.draw(fonts, pictures, people.ofSize)
}

// draw is Draw with the stand-in of number, from 1, for a tile of w×h as person gives it.
func (r Request) draw(fonts *compose.Fonts, pictures stage.Pictures, person func(number, w, h int) (*media.Frame, error)) (image.Image, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	canvas, err := compose.NewCanvas(r.Canvas.W, r.Canvas.H)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	defer canvas.Close()
	dresser := &stage.Dresser{Fonts: fonts, Pictures: pictures, Canvas: r.Canvas}
	set, err := dresser.Set(r.Template)
	if err != nil {
		return nil, err
	}
	defer set.Free()
	var tiles []compose.Tile
	for i, place := range r.places() {
		var who stage.Person
		var frame *media.Frame
		if number := r.number(place.Name); number > 0 {
			who = stage.Person{Name: place.Name, Display: name(number-1, fonts)}
			if frame, err = person(number, place.Rect.W, place.Rect.H); err != nil {
				return nil, fmt.Errorf("preview: %w", err)
			}
		}
		dress, err := dresser.Dress(place, who, r.Template.Background.Color)
		if err != nil {
			return nil, err
		}
		defer dress.Free()
		tiles = append(tiles, dress.Tile(i+1, place, frame, 1, nil))
	}
	tiles = set.Tiles(r.At, tiles)
	if _, err := canvas.Draw(set.Backdrop, tiles); err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	return compose.ImageOf(canvas.Frame()), nil
}

// check finds what cannot be drawn.
func (r Request) check() error {
	switch w, h := r.Canvas.W, r.Canvas.H; {
	case w%2 != 0 || h%2 != 0 || min(w, h) < 16 || max(w, h) > media.MaxSide:
		return fmt.Errorf("%w: a picture of %d×%d; both sides must be even and 16 to %d pixels", ErrRequest, w, h, media.MaxSide)
	case r.People < 0 || r.People > MaxPeople || r.People > r.Template.Participants:
		return fmt.Errorf("%w: %d people; the template is made for at most %d", ErrRequest, r.People, min(MaxPeople, r.Template.Participants))
	case r.Main < 0 || r.Main > max(r.People, 0):
		return fmt.Errorf("%w: main speaker %d of %d people", ErrRequest, r.Main, r.People)
	}
	return nil
}

// people returns the names of the stand-ins.
func (r Request) people() []string {
	people := make([]string, r.People)
	for i := range people {
		people[i] = fmt.Sprintf("p%d", i+1)
	}
	return people
}

// number returns the number of a stand-in, from 1; 0 for an empty slot.
func (r Request) number(name string) int { return slices.Index(r.people(), name) + 1 }

// places arranges the stand-ins.
func (r Request) places() []layout.Placement {
	people, main := r.people(), ""
	if r.Main > 0 {
		main = people[r.Main-1]
	}
	return append(r.Template.Empty(r.Canvas, r.People), r.Template.Arrange(r.Canvas, people, main, nil)...)
}
