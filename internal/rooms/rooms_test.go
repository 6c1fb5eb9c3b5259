package rooms

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/lianmai/lianmai/"

// mayImport names, for each room, the rooms of this module that its code (tests
// aside) may import. Bottom first. One that is not listed may import none. A name that ends in "/..." stands for a whole
// folder; the longest matching name counts.
var mayImport = map[string][]string{
	// Leaves.
	"media":     {},
	"layout":    {},
	"audio":     {},
	"config":    {"internal/bounded", "internal/spelling"},
	"proto/...": {"proto/..."},
	"store":     {},

	"audio/measure": {},

	// One job each, on top of the leaves. They do not know each other.
	"rtmp":    {"media"},
	"decode":  {"media"},
	"encode":  {"media"},
	"compose": {"media", "layout"},
	"pattern": {"media"},

	// Templates from outside, for everybody who takes them.
	"template": {"layout", "internal/spelling", "proto/..."},

	// What a template says, ready to be drawn.
	"stage":   {"media", "layout", "compose"},
	"preview": {"media", "layout", "compose", "stage"},

	// The session, and its judge, which knows nothing of how the mix was made.
	"mixer": {"media", "layout", "audio", "rtmp", "decode", "encode", "compose", "stage"},
	"judge": {"media", "audio/measure", "decode", "pattern"},

	// The service.
	"server": {"media", "admission", "layout", "compose", "decode", "preview", "template", "store", "rtmp", "mixer", "guard", "proto/..."},

	// What the service keeps away from itself, and what it says of itself. They do not
	// know the server; the command wires them.
	"guard":     {"internal/bounded", "internal/spelling"},
	"admission": {},
	"webhook":   {"internal/bounded", "proto/..."},
	"metrics":   {"proto/..."},
	"gateway":   {"proto/..."},
	"client":    {"proto/..."},

	// One mix in a process of its own, and who starts that process.
	"worker/wire": {"decode", "mixer"},
	"worker":      {"compose", "decode", "mixer", "guard", "worker/wire"},
	"supervisor":  {"decode", "mixer", "worker/wire"},

	// Who wires everything.
	"cmd/lianmai":  {"..."},
	"bench":        {"media", "layout", "encode", "pattern", "bench/contest"},
	"examples/...": {"proto/...", "client"},

	// What both benchmarks share: the one of files and the one of live mixes in e2e.
	"bench/contest": {"layout"},

	// For tests only.
	"pattern/patterntest": {"media"},
	"internal/faults":     {"media", "rtmp"},
}

// onlyIn names, for a foreign package and everything below it, the rooms that may
// import it (tests aside).
var onlyIn = map[string][]string{
	"C":                                   {"media", "decode", "encode", "compose", "internal/timerslack"},
	"github.com/asticode/go-astiav":       {"media", "decode", "encode", "compose"},
	"github.com/bluenviron/gortmplib":     {"rtmp"},
	"github.com/disintegration/imaging":   {"compose"},
	"github.com/go-text/typesetting":      {"compose"},
	"github.com/nats-io":                  {"store"},
	"github.com/knadh/koanf":              {"config"},
	"github.com/spf13/cobra":              {"cmd/lianmai"},
	"google.golang.org/grpc":              {"proto/...", "server", "guard", "gateway", "client", "metrics", "cmd/lianmai", "examples/..."},
	"buf.build/go/protovalidate":          {"server"},
	"github.com/schollz/progressbar":      {"cmd/lianmai"},
	"github.com/prometheus/client_golang": {"metrics"},
	"github.com/grpc-ecosystem":           {"proto/...", "gateway"},
	"go.yaml.in/yaml":                     {"template", "guard"},
}

// withoutCgo are the rooms that build and test without a C compiler: nothing that
// they import from this module, in code or tests, leads to a room with "C".
var withoutCgo = []string{"layout", "audio", "audio/measure", "config", "proto/...", "template", "guard", "admission", "examples/...", "bench", "bench/contest"}

// file is one Go file and what it imports.
type file struct {
	room    string // folder from the root of the module, with slashes
	name    string
	test    bool
	imports []string
}

func TestImportsRunDownward(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		allowed := lookUp(mayImport, f.room)
		for _, imp := range f.imports {
			if room, ours := strings.CutPrefix(imp, module); ours && room != f.room && !matches(allowed, room) {
				t.Errorf("%s imports %s; %s may import %v", f.name, room, f.room, allowed)
			}
		}
	}
}

func TestForeignPackagesStayBehindTheirDoor(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, imp := range f.imports {
			for foreign, rooms := range onlyIn {
				if (imp == foreign || strings.HasPrefix(imp, foreign+"/")) && !matches(rooms, f.room) {
					t.Errorf("%s imports %s, which belongs to %v", f.name, imp, rooms)
				}
			}
		}
	}
}

func TestPureRoomsNeedNoCgo(t *testing.T) {
	files := goFiles(t)
	leads := cgoRooms(files)
	for _, f := range files {
		if !matches(withoutCgo, f.room) {
			continue
		}
		for _, imp := range f.imports {
			if imp == "C" || leads[strings.TrimPrefix(imp, module)] {
				t.Errorf("%s imports %s, so %s does not build without cgo", f.name, imp, f.room)
			}
		}
	}
}

// cgoRooms returns the rooms whose code needs cgo, by themselves, by astiav or by
// what they import.
func cgoRooms(files []file) map[string]bool {
	leads := map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, f := range files {
			if f.test || leads[f.room] {
				continue
			}
			if slices.ContainsFunc(f.imports, func(imp string) bool {
				return imp == "C" || strings.HasPrefix(imp, "github.com/asticode/go-astiav") ||
					leads[strings.TrimPrefix(imp, module)]
			}) {
				leads[f.room], grown = true, true
			}
		}
	}
	return leads
}

// goFiles reads the imports of every Go file of this module.
func goFiles(t *testing.T) []file {
	t.Helper()
	root := filepath.Join("..", "..")
	var files []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(root, p, d.Name())
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f := file{name: filepath.ToSlash(rel), test: strings.HasSuffix(p, "_test.go")}
		f.room = path.Dir(f.name)
		for _, spec := range parsed.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found %d Go files under %s; the walk is broken", len(files), root)
	}
	return files
}

// skipFolder leaves out what is not of this module: hidden folders, test data,
// and folders with a go.mod of their own.
func skipFolder(root, p, name string) error {
	if p == root {
		return nil
	}
	if strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// lookUp returns the entry for room: its own, or that of the nearest folder
// above it that is listed with "/...", or nothing.
func lookUp(table map[string][]string, room string) []string {
	if entry, ok := table[room]; ok {
		return entry
	}
	for dir := room; dir != "."; dir = path.Dir(dir) {
		if entry, ok := table[dir+"/..."]; ok {
			return entry
		}
	}
	return nil
}

// matches reports whether room is one of the rooms, or below one that ends in "/...".
func matches(rooms []string, room string) bool {
	return slices.ContainsFunc(rooms, func(r string) bool {
		folder, whole := strings.CutSuffix(r, "...")
		return r == room || whole && (strings.HasPrefix(room+"/", folder) || folder == "")
	})
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		rooms []string
		room  string
		want  bool
	}{
		{[]string{"media"}, "media", true},
		{[]string{"media"}, "media/x", false},
		{[]string{"media"}, "mediator", false},
		{[]string{"proto/..."}, "proto/lianmai/v1", true},
		{[]string{"proto/..."}, "proto", true},
		{[]string{"proto/..."}, "protocol", false},
		{[]string{"..."}, "server", true},
		{nil, "media", false},
	} {
		if got := matches(c.rooms, c.room); got != c.want {
			t.Errorf("matches(%v, %q) = %v", c.rooms, c.room, got)
		}
	}
}
