package preview

import (
	"image"
	"image/color"
	"image/draw"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/stage"
)

// The look of a sheet, in pixels.
const (
	sheetGap     = 12
	sheetColumns = 6
)

// sheetPaper is what the pictures of a sheet lie on; it suits light and dark pages.
var sheetPaper = color.NRGBA{0x8a, 0x90, 0x99, 0xff}

// Sheet draws the template for every head count, from 1 to as many as it is made for,
// each on r's canvas, in rows. r's People and Main are not looked at.
func Sheet(r Request, fonts *compose.Fonts, pictures stage.Pictures) (image.Image, error) {
	most := min(r.Template.Participants, MaxPeople)
	columns := min(most, sheetColumns)
	if r.Canvas.W > r.Canvas.H {
		columns = min(most, sheetColumns/2)
	}
	rows := (most + columns - 1) / columns
	w, h := r.Canvas.W+sheetGap, r.Canvas.H+sheetGap
	sheet := image.NewRGBA(image.Rect(0, 0, columns*w+sheetGap, rows*h+sheetGap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(sheetPaper), image.Point{}, draw.Src)
	for i := range most {
		r.People, r.Main = i+1, 0
		img, err := Draw(r, fonts, pictures)
		if err != nil {
			return nil, err
		}
		at := image.Pt(sheetGap+i%columns*w, sheetGap+i/columns*h)
		draw.Draw(sheet, image.Rectangle{Min: at, Max: at.Add(image.Pt(r.Canvas.W, r.Canvas.H))}, img, image.Point{}, draw.Src)
	}
	return sheet, nil
}

// SheetCanvas returns the size of the single pictures of a sheet for documents.
func SheetCanvas(landscape bool) layout.Size {
	if landscape {
		return layout.Size{W: 320, H: 180}
	}
	return layout.Size{W: 180, H: 320}
}
