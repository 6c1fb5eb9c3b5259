package main

import (
	"fmt"
	"html"
	"math"
	"strings"

	"github.com/lianmai/lianmai/bench/contest"
)

// plotStyle has the colours of both plots, for light and dark pages. Classes a to e are
// the contenders; the background stays the page's.
const plotStyle = `<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: #1d2733 }
  .title { font-weight: 600; font-size: 14px }
  .dim { fill: #53606e }
  .grid { stroke: #c9d3dc; stroke-width: 1 }
  .a { fill: #2f6fa8; stroke: #2f6fa8 } .b { fill: #8fb8dc; stroke: #8fb8dc } .c { fill: #c9772b; stroke: #c9772b }
  .d { fill: #e5b98a; stroke: #e5b98a } .e { fill: #7c8894; stroke: #7c8894 }
  .fit { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .dim { fill: #9aa7b4 } .grid { stroke: #3a4652 }
    .a { fill: #5ea3e0; stroke: #5ea3e0 } .b { fill: #34618a; stroke: #34618a } .c { fill: #e39a55; stroke: #e39a55 }
    .d { fill: #8a5a2c; stroke: #8a5a2c } .e { fill: #8d99a6; stroke: #8d99a6 } .fit { fill: none }
  }
</style>
`

// colours are the classes in the order in which they are taken.
var colours = []string{"a", "c", "b", "d", "e"}

// canvas is an SVG that is being drawn.
type canvas struct {
	strings.Builder
	w, h float64
}

// svg returns the whole document; label says what it shows for those who cannot see it.
func (c *canvas) svg(label string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g" role="img" aria-label="%s">`+"\n%s%s</svg>\n",
		c.w, c.h, c.w, c.h, html.EscapeString(label), plotStyle, c.String())
}

// text writes at x, y; anchor is start, middle or end.
func (c *canvas) text(x, y float64, anchor, class, text string) {
	fmt.Fprintf(c, `<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`+"\n", x, y, anchor, class, html.EscapeString(text))
}

func (c *canvas) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(c, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`+"\n", x1, y1, x2, y2, class)
}

// cpuPlot draws the CPU of each contender in each case as a share of ffmpeg's as usual.
func cpuPlot(cases []scenarioReport) string {
	const left, width, thick, gap = 230.0, 410.0, 16.0, 4.0
	c := canvas{w: 720}
	most := 1.0
	for _, s := range cases {
		for _, b := range cpuBars(s) {
			most = max(most, b.share)
		}
	}
	y := 30.0
	c.text(12, 20, "start", "title", "CPU, as a share of the usual ffmpeg command's")
	for _, s := range cases {
		y += 14
		for i, b := range cpuBars(s) {
			if i == 0 {
				c.text(12, y+12, "start", "title", s.Name)
			}
			c.text(left-8, y+12, "end", "dim", b.name)
			fmt.Fprintf(&c, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2" class="%s"/>`+"\n", left, y, width*b.share/most, thick, b.class)
			c.text(left+width*b.share/most+6, y+12, "start", "", fmt.Sprintf("%.2f", b.share))
			y += thick + gap
		}
	}
	c.h = y + 16
	return c.svg("bars of the CPU that each contender used in each case, as a share of the usual ffmpeg command's")
}

// cpuBar is one bar of cpuPlot.
type cpuBar struct {
	name, class string
	share       float64
}

func cpuBars(s scenarioReport) []cpuBar {
	var list []cpuBar
	for _, b := range []struct{ row, name, class string }{
		{opponent, "ffmpeg, usual", "c"}, {opponentBest, "ffmpeg, best", "d"}, {ours, "lianmai, same settings", "b"}, {oursDefaults, "lianmai, defaults", "a"},
	} {
		if row := s.row(b.row); row.CPURatio != nil {
			list = append(list, cpuBar{b.name, b.class, row.CPURatio.Median})
		}
	}
	if usual := s.row(opponent).CPU.Median; usual > 0 {
		list = append(list, cpuBar{"floor", "e", s.FloorCPU.Median / usual})
	}
	return list
}

// panel is one diagram of a line plot.
type panel struct {
	title, x string
	lines    []line
}

// line is a set of points; the straight line through them is drawn too.
type line struct {
	name string
	x, y []float64
}

// costPanels has one panel for each series.
func costPanels(series []seriesReport) []panel {
	var panels []panel
	for _, s := range series {
		l := line{name: fmt.Sprintf("%.2f + %.2f n, R² %.4f", s.Fit.Base, s.Fit.Slope, s.Fit.R2)}
		for _, p := range s.Points {
			l.x, l.y = append(l.x, float64(p.N)), append(l.y, p.CPU.Median)
		}
		panels = append(panels, panel{title: "CPU seconds: " + s.Title, x: s.Of, lines: []line{l}})
	}
	return panels
}

// linePlot draws panels beside each other, each from 0.
func linePlot(panels []panel) string {
	const wide, high = 440.0, 300.0
	c := canvas{w: wide * float64(len(panels)), h: high}
	var titles []string
	for i, p := range panels {
		p.draw(&c, wide*float64(i)+48, 40, wide-72, high-92)
		titles = append(titles, p.title)
	}
	return c.svg("points with the straight line through them: " + strings.Join(titles, "; "))
}

// draw draws the panel with its axes' corner at the bottom left of the rectangle.
func (p panel) draw(c *canvas, left, top, w, h float64) {
	mostX, mostY := 1.0, 0.0
	for _, l := range p.lines {
		for i := range l.x {
			mostX, mostY = max(mostX, l.x[i]), max(mostY, l.y[i])
		}
	}
	step := niceStep(mostY)
	mostY = max(step, math.Ceil(mostY/step)*step)
	atX := func(x float64) float64 { return left + w*x/mostX }
	atY := func(y float64) float64 { return top + h - h*y/mostY }
	c.text(left-36, top-20, "start", "title", p.title)
	for y := 0.0; y <= mostY+step/2; y += step {
		c.line(left, atY(y), left+w, atY(y), "grid")
		c.text(left-6, atY(y)+4, "end", "dim", fmt.Sprintf("%.4g", y))
	}
	for x := 0.0; x <= mostX; x++ {
		c.text(atX(x), top+h+18, "middle", "dim", fmt.Sprintf("%g", x))
	}
	c.text(left+w/2, top+h+38, "middle", "dim", p.x)
	for i, l := range p.lines {
		class := colours[i%len(colours)]
		if f := contest.FitOf(l.x, l.y); len(l.x) > 1 {
			c.line(atX(0), atY(max(0, f.Base)), atX(mostX), atY(min(mostY, f.Base+f.Slope*mostX)), class+" fit")
		}
		for j := range l.x {
			fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="4" class="%s"/>`+"\n", atX(l.x[j]), atY(l.y[j]), class)
		}
		fmt.Fprintf(c, `<circle cx="%.1f" cy="%.1f" r="4" class="%s"/>`+"\n", left+12, top+10+18*float64(i), class)
		c.text(left+22, top+14+18*float64(i), "start", "", l.name)
	}
}

// niceStep returns a step of 1, 2 or 5 times a power of ten that parts a scale up to
// most into at most six.
func niceStep(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most/6)))
	for _, times := range []float64{1, 2, 5} {
		if power*times*6 >= most {
			return power * times
		}
	}
	return 10 * power
}
