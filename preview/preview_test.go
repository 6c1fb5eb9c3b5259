package preview

import (
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
)

var update = flag.Bool("update", false, "draw the golden pictures anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// docs is where the golden pictures are: docs/templates.md shows them.
const docs = "../docs/templates"

// liveAtStart watches over native objects.
func liveAtStart(t *testing.T) {
	t.Helper()
	before := media.Live()
	t.Cleanup(func() {
		if n := media.Live(); n != before {
			t.Errorf("%d native objects are left", n-before)
		}
	})
}

// Every built-in template at every head count, portrait and landscape, is as somebody
// has looked at it (make golden draws them anew).
func TestGoldenBuiltins(t *testing.T) {
	liveAtStart(t)
	fonts := compose.BundledFonts()
	for _, name := range layout.BuiltinNames() {
		for orientation, landscape := range map[string]bool{"portrait": false, "landscape": true} {
			template, err := layout.Builtin(name)
			if err != nil {
				t.Fatal(err)
			}
			sheet, err := Sheet(template, landscape, fonts, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, filepath.Join(docs, name+"-"+orientation+".png"), sheet)
		}
	}
}

// checkGolden compares a picture with the file at path, which -update writes. Processors
// round differently when they scale, so a mean difference of half a step is let pass,
// and one pixel in a thousand may be quite different (edges).
func checkGolden(t *testing.T, path string, got image.Image) {
	t.Helper()
	actual := strings.TrimSuffix(path, ".png") + ".actual.png"
	if *update {
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
	mean, far := difference(t, got, want)
	if mean > .5 || far > .001 {
		savePNG(t, actual, got)
		t.Errorf("%s: mean difference %.2f of 255, %.2f %% of pixels far off; see %s", path, mean, 100*far, actual)
		return
	}
	_ = os.Remove(actual) // of an earlier failure; as a rule there is none
}

// difference returns the mean difference of all channels and the share of pixels with
// a difference above 24 steps.
func difference(t *testing.T, got, want image.Image) (mean, far float64) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("picture is %v, want %v", got.Bounds(), want.Bounds())
	}
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			p, q := color.NRGBAModel.Convert(got.At(x, y)).(color.NRGBA), color.NRGBAModel.Convert(want.At(x, y)).(color.NRGBA)
			worst := 0
			for _, d := range [3]int{int(p.R) - int(q.R), int(p.G) - int(q.G), int(p.B) - int(q.B)} {
				d = max(d, -d)
				mean += float64(d)
				worst = max(worst, d)
			}
			if worst > 24 {
				far++
			}
		}
	}
	n := float64(b.Dx() * b.Dy())
	return mean / (3 * n), far / n
}

func savePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(w, img); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// The page for operators shows every built-in template, and what it shows is there.
func TestDocsShowEveryBuiltin(t *testing.T) {
	page, err := os.ReadFile("../docs/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range layout.BuiltinNames() {
		for _, orientation := range []string{"portrait", "landscape"} {
			file := fmt.Sprintf("templates/%s-%s.png", name, orientation)
			if !strings.Contains(string(page), "("+file+")") {
				t.Errorf("docs/templates.md does not show %s", file)
			}
			if _, err := os.Stat("../docs/" + file); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestDrawRefusesWhatCannotBe(t *testing.T) {
	liveAtStart(t)
	template, err := layout.Builtin("pk")
	if err != nil {
		t.Fatal(err)
	}
	good := Request{Template: template, Canvas: layout.Size{W: 90, H: 160}, People: 3, Main: 2}
	if _, err := Draw(good, compose.BundledFonts(), nil); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Request){
		"too many people": func(r *Request) { r.People = template.Participants + 1 },
		"fewer than none": func(r *Request) { r.People = -1 },
		"main beyond":     func(r *Request) { r.Main = 4 },
		"main below":      func(r *Request) { r.Main = -1 },
		"odd":             func(r *Request) { r.Canvas.W = 91 },
		"small":           func(r *Request) { r.Canvas.H = 14 },
		"large":           func(r *Request) { r.Canvas.H = media.MaxSide + 2 },
	} {
		r := good
		change(&r)
		if _, err := Draw(r, compose.BundledFonts(), nil); !errors.Is(err, ErrRequest) {
			t.Errorf("%s: error %v, want ErrRequest", name, err)
		}
	}
	missing := good
	missing.Template.Background.Image = "nowhere"
	if _, err := Draw(missing, compose.BundledFonts(), nil); err == nil || errors.Is(err, ErrRequest) {
		t.Errorf("a missing picture: %v", err)
	}
}

// Nobody at all is a picture too, and the main speaker is the one asked for.
func TestDrawShowsWhoIsAskedFor(t *testing.T) {
	liveAtStart(t)
	template, err := layout.Builtin("strip")
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Template: template, Canvas: layout.Size{W: 180, H: 320}, People: 3, At: time.Unix(0, 0)}
	fonts := compose.BundledFonts()
	first, err := Draw(r, fonts, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Main = 3
	third, err := Draw(r, fonts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if mean, _ := difference(t, first, third); mean < 10 {
		t.Errorf("with another main speaker the picture differs by %.1f steps only", mean)
	}
	r.People, r.Main = 0, 0
	if img, err := Draw(r, fonts, nil); err != nil || img.Bounds().Dx() != 180 {
		t.Errorf("nobody: %v", err)
	}
}
