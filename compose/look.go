package compose

import (
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// look is all that decides how a tile's pixels turn out, but for what is beneath. Two
// tiles with the same look paint the same.
type look struct {
	id             int
	seq            int64
	width, height  int
	fullRange      bool
	matrix         media.Matrix
	sprite         *Sprite
	rect           layout.Rect
	fit            layout.Fit
	fade           uint8
	shape          Shape // cut for rect
	label          *Sprite
	labelX, labelY int
}

func lookOf(t *Tile) look {
	l := look{
		id: t.ID, seq: t.Seq, sprite: t.Sprite, rect: t.Rect, fit: t.Fit, fade: t.Fade,
		label: t.Label, labelX: t.LabelX, labelY: t.LabelY,
	}
	if f := t.Frame; f != nil {
		l.width, l.height, l.fullRange, l.matrix = f.Width(), f.Height(), f.FullRange, f.Matrix
	}
	if t.Shape != nil {
		l.shape = t.Shape.on(t.Rect)
	}
	return l
}

// softness says where the tile lets through what is beneath it.
func (l *look) softness() softness {
	if l.sprite != nil || l.fade > 0 {
		return softness{whole: true}
	}
	if l.shape.radius > 0 {
		return softness{corner: l.shape.side()}
	}
	return softness{}
}

// setting is what the backdrop looks like.
type setting struct {
	color   layout.Color
	picture bool
	seq     int64
}

func settingOf(b Backdrop) setting {
	if b.Picture == nil {
		return setting{color: b.Color}
	}
	return setting{picture: true, seq: b.Seq}
}
