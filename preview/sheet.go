package preview

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/stage"
)

// The look of a sheet, in pixels.
const (
	sheetGap     = 12
	sheetColumns = 6 // of portrait pictures
	sheetLong    = 256
	sheetShort   = 144
	// sheetScale is how much larger the pictures are drawn: letters and corners of a
	// small canvas would be coarse.
	sheetScale = 2.5
)

// sheetPaper is what the pictures of a sheet lie on; it suits light and dark pages.
var sheetPaper = color.NRGBA{0x8a, 0x90, 0x99, 0xff}

// Sheet draws the template for every head count, from 1 to as many as it is made for,
// in rows of small pictures, portrait or landscape.
func Sheet(t layout.Template, landscape bool, fonts *compose.Fonts, pictures stage.Pictures) (image.Image, error) {
	w, h, columns := sheetShort, sheetLong, sheetColumns
	if landscape {
		w, h, columns = sheetLong, sheetShort, sheetColumns/2
	}
	most := min(t.Participants, MaxPeople)
	columns = min(most, columns)
	rows := (most + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(w+sheetGap)+sheetGap, rows*(h+sheetGap)+sheetGap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(sheetPaper), image.Point{}, draw.Src)
	people := &standIns{}
	defer people.free()
	for i := range most {
		r := Request{Template: t, Canvas: layout.Size{W: int(sheetScale * float64(w)), H: int(sheetScale * float64(h))}, People: i + 1}
		img, err := r.draw(fonts, pictures, people.ofOrientation)
		if err != nil {
			return nil, err
		}
		at := image.Pt(sheetGap+i%columns*(w+sheetGap), sheetGap+i/columns*(h+sheetGap))
		draw.CatmullRom.Scale(sheet, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}, img, img.Bounds(), draw.Src, nil)
	}
	return sheet, nil
}
