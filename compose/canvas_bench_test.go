package compose

import (
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

// benchmarkDraw draws six pictures by grid-by-count, all of them new in every Draw.
func benchmarkDraw(b *testing.B, canvas, source layout.Size, m media.Matrix, fullRange bool) {
	template, err := layout.Builtin("grid-by-count")
	if err != nil {
		b.Fatal(err)
	}
	c := newCanvas(b, canvas.W, canvas.H)
	var tiles []Tile
	for i, p := range template.Arrange(canvas, []string{"a", "b", "c", "d", "e", "f"}, "", nil) {
		f := newPicture(b, source.W, source.H)
		scenery(f)
		f.Matrix, f.FullRange = m, fullRange
		tiles = append(tiles, Tile{ID: i, Frame: f, Rect: p.Rect, Fit: p.Fit, Z: p.Z})
	}
	draw(b, c, black, tiles...)
	b.ReportAllocs()
	start := cpuTime(b)
	for b.Loop() {
		for i := range tiles {
			tiles[i].Seq++
		}
		if n := draw(b, c, black, tiles...); n != len(tiles) {
			b.Fatalf("painted %d", n)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-start).Microseconds())/float64(b.N), "cpu-µs/op")
}

// cpuTime returns what the process has used; unlike the wall clock it does not count
// what others do on the machine.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkDrawPortrait(b *testing.B) {
	benchmarkDraw(b, layout.Size{W: 720, H: 1280}, layout.Size{W: 1280, H: 720}, media.BT709, false)
}

func BenchmarkDrawLandscape(b *testing.B) {
	benchmarkDraw(b, layout.Size{W: 1280, H: 720}, layout.Size{W: 1280, H: 720}, media.BT709, false)
}

func BenchmarkDrawPhones(b *testing.B) {
	benchmarkDraw(b, layout.Size{W: 720, H: 1280}, layout.Size{W: 360, H: 640}, media.BT709, false)
}

func BenchmarkDrawPortraitFullRange601(b *testing.B) {
	benchmarkDraw(b, layout.Size{W: 720, H: 1280}, layout.Size{W: 1280, H: 720}, media.BT601, true)
}

func BenchmarkPlaceholder(b *testing.B) {
	fonts := BundledFonts()
	for b.Loop() {
		f, err := NewPlaceholder(fonts, "Ann Lee", 720, 1280)
		if err != nil {
			b.Fatal(err)
		}
		f.Free()
	}
}
