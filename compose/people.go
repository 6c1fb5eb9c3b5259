package compose

import (
	"fmt"
	"image"
	"image/color"

	"github.com/lianmai/lianmai/media"
)

// StandIns is how many different people NewStandIn draws.
const StandIns = 9

// Sizes of a stand-in.
const (
	headShare = .176 // of the shorter side: half of a face's height
	eyeLevel  = .45  // of the height; the face stays in the upper middle of any crop to the middle
)

// NewStandIn draws a person in a room, to show in the preview of a template where a participant
// will be. Number picks one of StandIns people, any int; w and h are even and 2–media.MaxSide,
// otherwise the error wraps media.ErrSize. The face is in the upper middle and stays
// there when the picture is cropped at its sides to any common shape. The same arguments
// give the same picture. The caller owns the frame.
//
// It takes some 200 ns for each pixel: draw it once.
func NewStandIn(number, w, h int) (*media.Frame, error) {
	if w <= 0 || h <= 0 || w > media.MaxSide || h > media.MaxSide || (w|h)&1 != 0 {
		return nil, fmt.Errorf("compose: stand-in: %w: %d×%d", media.ErrSize, w, h)
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	s := &sketch{img: img, x: float64(w) / 2, y: eyeLevel * float64(h), unit: headShare * float64(min(w, h))}
	people[(number%StandIns+StandIns)%StandIns].draw(s)
	return frameOf(img)
}

// person is what makes a stand-in different from the others.
type person struct {
	room    interior
	skin    color.NRGBA
	hair    color.NRGBA
	lips    color.NRGBA // alpha 0: a line
	iris    color.NRGBA
	jaw     float64 // half the width of the chin
	brows   float64 // their thickness
	lashes  bool
	laughs  bool
	wrinkle bool
	covered bool        // hair hides the ears
	scarfed bool        // hair is the colour of a scarf
	top     color.NRGBA // the clothes
	inner   color.NRGBA // what is worn below, or trims
	clothes func(s *sketch, p *person)
	behind  func(s *sketch, p *person) // hair behind the body; may be nil
	front   func(s *sketch, p *person) // hair over the face
	extras  []func(s *sketch, p *person)
}

var people = [StandIns]person{
	{
		room: interior{wall: rgb(0x5f9ea0), floor: rgb(0x2f5f66), light: rgb(0xfff1d0), props: []prop{window, shelf, plant, frames}},
		skin: rgb(0xf3c5a5), hair: rgb(0x6b3f2a), lips: rgb(0xc9605f), iris: rgb(0x4a6b4f), jaw: .30, brows: .055, lashes: true, laughs: true,
		top: rgb(0xf0765e), inner: rgb(0xf79a82), covered: true, clothes: crewneck, behind: longHairBehind, front: sidePart, extras: []func(*sketch, *person){longHairFront},
	},
	{
		room: interior{wall: rgb(0x4b5a8c), floor: rgb(0x262f55), light: rgb(0xffd9a0), props: []prop{lamp, frames, shelf, plant}},
		skin: rgb(0x8a5536), hair: rgb(0x1f1714), iris: rgb(0x2b1a12), jaw: .40, brows: .085,
		top: rgb(0xe2a52f), inner: rgb(0xf6e7c8), clothes: hoodie, front: shortFade, extras: []func(*sketch, *person){beard},
	},
	{
		room: interior{wall: rgb(0xe8b4b0), floor: rgb(0xb27478), light: rgb(0xfff3e6), props: []prop{frames, poster, window, plant}},
		skin: rgb(0xf6d2b3), hair: rgb(0x231d22), lips: rgb(0xd2555c), iris: rgb(0x3a2418), jaw: .27, brows: .05, lashes: true,
		top: rgb(0xf4ecdf), inner: rgb(0xe3d6c3), covered: true, clothes: turtleneck, behind: bobBehind, front: bangs,
	},
	{
		room: interior{wall: rgb(0x8fae8b), floor: rgb(0x4c6b52), light: rgb(0xfffbe0), props: []prop{shelf, window, frames, plant}},
		skin: rgb(0xeec39a), hair: rgb(0x1d1a1c), iris: rgb(0x2e1d14), jaw: .37, brows: .075, laughs: true,
		top: rgb(0x2d4470), inner: rgb(0xf1f4f8), clothes: shirt, front: sweptBack, extras: []func(*sketch, *person){glasses},
	},
	{
		room: interior{wall: rgb(0xd9bf9c), floor: rgb(0x9a7650), light: rgb(0xfff4d6), props: []prop{window, poster, plant, pendant}},
		skin: rgb(0xd9a174), hair: rgb(0x7a3560), lips: rgb(0xb5475a), iris: rgb(0x4f3420), jaw: .29, brows: .065, lashes: true, laughs: true,
		top: rgb(0x2f3e58), inner: rgb(0x46587a), covered: true, scarfed: true, clothes: crewneck, behind: scarfBehind, front: scarf,
	},
	{
		room: interior{wall: rgb(0x6f8296), floor: rgb(0x3b4a5b), light: rgb(0xe9f4ff), props: []prop{frames, lamp, plant, shelf}},
		skin: rgb(0xf7cdb0), hair: rgb(0xb5532a), iris: rgb(0x4c7a94), jaw: .40, brows: .07, laughs: true,
		top: rgb(0x3f7d5c), inner: rgb(0x2f6349), clothes: crewneck, front: curlsShort, extras: []func(*sketch, *person){beard},
	},
	{
		room: interior{wall: rgb(0x6a4c93), floor: rgb(0x3b2859), light: rgb(0xffd6c2), props: []prop{lamp, shelf, frames, plant}},
		skin: rgb(0x70432c), hair: rgb(0x241a1a), lips: rgb(0xa23b4b), iris: rgb(0x22140e), jaw: .30, brows: .06, lashes: true, laughs: true,
		top: rgb(0xffc94d), inner: rgb(0xffdf8f), covered: true, clothes: vneck, behind: afro, front: afroFront, extras: []func(*sketch, *person){earrings},
	},
	{
		room: interior{wall: rgb(0xb9a27c), floor: rgb(0x6d5a3d), light: rgb(0xfff0cf), props: []prop{shelf, lamp, window, frames}},
		skin: rgb(0xf0c3a2), hair: rgb(0xdcdcdf), iris: rgb(0x52708c), jaw: .36, brows: .075, wrinkle: true,
		top: rgb(0x7c4a4a), inner: rgb(0xeef0f4), clothes: cardigan, front: receding, extras: []func(*sketch, *person){moustache, glasses},
	},
	{
		room: interior{wall: rgb(0x2b2350), floor: rgb(0x15102e), light: rgb(0xff5fb8), props: []prop{strips, bokeh, shelf}},
		skin: rgb(0xb97d52), hair: rgb(0x17131c), lips: rgb(0x9c4a4a), iris: rgb(0x2a170f), jaw: .31, brows: .065, lashes: true,
		top: rgb(0x30c5b5), inner: rgb(0x1f8f8a), clothes: hoodie, behind: ponytail, front: tiedBack, extras: []func(*sketch, *person){headset},
	},
}

// draw draws the room, then the person from back to front.
func (p *person) draw(s *sketch) {
	p.room.draw(s)
	// A soft shadow on the room sets the person apart from it.
	s.glow(.25, 1.2, 3, 3.6, alpha(mix(p.room.floor, ink, .6), .42))
	if p.behind != nil {
		p.behind(s, p)
	}
	p.drawNeck(s)
	p.clothes(s, p)
	p.drawHead(s)
	p.front(s, p)
	for _, extra := range p.extras {
		extra(s, p)
	}
	// The light of the room falls on the person's right.
	s.glow(-2.4, -1, 2.6, 4, alpha(p.room.light, .12))
}

// shade returns a darker, warmer skin; share is how much, 0–1.
func (p *person) shade(share float64) color.NRGBA {
	return mix(p.skin, mix(p.skin, rgb(0x4a1420), .62), share)
}
