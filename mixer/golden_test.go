package mixer

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// What an audience sees of a mix at certain pictures, after coding.
func TestGoldenPictures(t *testing.T) {
	var feeds []Feed
	for n := 1; n <= 4; n++ {
		g := guest{number: n, to: 6 * time.Second}
		switch n {
		case 2:
			g.w, g.h = 320, 180
		case 4:
			g.blind = true
		}
		feeds = append(feeds, newScript(g.stream(t)...))
	}
	st := newTheatre(t, 2*time.Second, feeds...)
	st.spec.Video.Bitrate = 4_000_000
	st.spec.Participants[3].DisplayName = "Dora Lee"
	st.at = []cue{{time.Second, func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) {
			spec.Layout = LayoutSpec{Template: "strip", Main: "c"}
			spec.Participants[0].Hidden = true
		})
	}}}
	tape := st.play()
	golden := map[int]string{10: "grid-of-four", 15: "strip-just-after-the-change", 29: "strip"}
	n := 0
	tape.look(t, func(f *media.Frame, _ *pattern.Finder) {
		if name, ok := golden[n]; ok {
			checkGolden(t, name, f)
			delete(golden, n)
		}
		n++
	})
	if len(golden) > 0 {
		t.Errorf("no picture for %v", golden)
	}
}

// checkGolden compares f with testdata/name.png, which -update writes. Encoders and
// scalers round differently from machine to machine: a mean difference of two steps
// of 255 is let pass, and one pixel in a hundred may be far off (edges).
func checkGolden(t *testing.T, name string, f *media.Frame) {
	t.Helper()
	got := rgb(f)
	path, actual := filepath.Join("testdata", name+".png"), filepath.Join("testdata", name+".actual.png")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		savePNG(t, path, got)
		return
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	defer r.Close()
	want, err := png.Decode(r)
	if err != nil {
		t.Fatal(err)
	}
	mean, far := differ(t, got, want)
	if mean > 2 || far > .01 {
		savePNG(t, actual, got)
		t.Errorf("%s: mean difference %.2f of 255, %.2f %% of the pixels far off; see %s", path, mean, 100*far, actual)
		return
	}
	_ = os.Remove(actual) // of an earlier failure; as a rule there is none
}

// rgb converts a picture, which must be limited-range BT.709.
func rgb(f *media.Frame) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, f.Width(), f.Height()))
	for y := range f.Height() {
		for x := range f.Width() {
			l := (float64(f.Plane(0)[y*f.Stride(0)+x]) - 16) / 219
			cb := (float64(f.Plane(1)[y/2*f.Stride(1)+x/2]) - 128) / 224
			cr := (float64(f.Plane(2)[y/2*f.Stride(2)+x/2]) - 128) / 224
			r, b := l+1.5748*cr, l+1.8556*cb
			g := (l - 0.2126*r - 0.0722*b) / 0.7152
			img.SetNRGBA(x, y, color.NRGBA{step(r), step(g), step(b), 255})
		}
	}
	return img
}

func step(v float64) uint8 { return uint8(min(max(v*255+.5, 0), 255)) }

// differ returns the mean difference of all channels and the share of the pixels
// that are more than 40 steps off.
func differ(t *testing.T, got *image.NRGBA, want image.Image) (mean, far float64) {
	t.Helper()
	if got.Rect != want.Bounds() {
		t.Fatalf("picture is %v, want %v", got.Rect, want.Bounds())
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			a, b := got.NRGBAAt(x, y), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			worst := 0
			for _, d := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
				mean += float64(absInt(d))
				worst = max(worst, absInt(d))
			}
			if worst > 40 {
				far++
			}
		}
	}
	n := float64(got.Rect.Dx() * got.Rect.Dy())
	return mean / (3 * n), far / n
}

func savePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(w, img); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
