package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/server"
)

// step is a request that must succeed, and what its answer must have.
type step struct {
	verb, method, path, body string
	want                     map[string]any // by dotted path
}

func (b *bench) walk(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		got := b.ok(t, s.method, s.path, s.body)
		for path, want := range s.want {
			if v := at(got, path); v != want {
				t.Errorf("%s: %s = %v, want %v", s.verb, path, v, want)
			}
		}
	}
}

func TestEveryVerbOfAMix(t *testing.T) {
	b := newBench(t, server.Limits{})
	if r := b.do(t, "POST", "/v1/assets/bed", string(tone()), "Content-Type: audio/wav"); r.status != http.StatusOK {
		t.Fatalf("upload: %d %s", r.status, r.body)
	}
	const running, stopped = "MIX_STATE_RUNNING", "MIX_STATE_STOPPED"
	b.walk(t, []step{
		{"StartMix", "POST", "/v1/mixes", duet("room"), map[string]any{"mix.revision": "1", "mix.state": running, "mix.spec.layout.template": "grid-by-count"}},
		{"GetMix", "GET", "/v1/mixes/room", "", map[string]any{"mix.spec.id": "room"}},
		{"UpdateMix", "PUT", "/v1/mixes/room?expectedRevision=1", strings.Replace(duet("ignored"), `"ben"`, `"ben","gainDb":-3`, 1), map[string]any{"mix.revision": "2", "mix.spec.id": "room"}},
		{"UpdateLayout", "PATCH", "/v1/mixes/room/layout", `{"template":"pk","main":"ben","transition":"0.5s"}`, map[string]any{"mix.revision": "3", "mix.spec.layout.main": "ben", "mix.spec.layout.transition": "0.500s"}},
		{"SetParticipantState", "PATCH", "/v1/mixes/room/participants/ben", `{"muted":true,"expected_revision":"3"}`, map[string]any{"mix.revision": "4"}},
		{"PlayMusic", "POST", "/v1/mixes/room/music", `{"name":"bgm","asset":"bed"}`, map[string]any{"mix.revision": "5"}},
		{"PauseMusic", "POST", "/v1/mixes/room/music/bgm:pause", `{"fade":"1s"}`, map[string]any{"mix.revision": "6"}},
		{"ResumeMusic", "POST", "/v1/mixes/room/music/bgm:resume", "", map[string]any{"mix.revision": "7"}},
		{"SeekMusic", "POST", "/v1/mixes/room/music/bgm:seek", `{"position":"0.05s"}`, map[string]any{"mix.revision": "8"}},
		{"SetMusicGain", "POST", "/v1/mixes/room/music/bgm:gain", `{"gainDb":-6}`, map[string]any{"mix.revision": "9"}},
		{"StopMusic", "POST", "/v1/mixes/room/music/bgm:stop", "", map[string]any{"mix.revision": "10"}},
		{"UpdateSound", "PUT", "/v1/mixes/room/sound?expected_revision=10", `{"masterGainDb":-2}`, map[string]any{"mix.revision": "11", "mix.spec.sound.masterGainDb": -2.0}},
		{"ListMixes", "GET", "/v1/mixes?pageSize=5", "", map[string]any{"nextPageToken": ""}},
		{"StopMix", "POST", "/v1/mixes/room:stop", "", map[string]any{"mix.state": stopped, "mix.stopReason": "asked to"}},
	})
	if list := b.ok(t, "GET", "/v1/mixes", "")["mixes"].([]any); len(list) != 0 {
		t.Errorf("running = %v", list)
	}
	if list := b.ok(t, "GET", "/v1/mixes?includeStopped=true", "")["mixes"].([]any); len(list) != 1 || at(list[0], "id") != "room" {
		t.Errorf("all = %v", list)
	}
}

// What is read may be written back: names and forms are the same both ways.
func TestAMixGoesRound(t *testing.T) {
	b := newBench(t, server.Limits{})
	started := b.ok(t, "POST", "/v1/mixes", duet("room"))
	spec, err := json.Marshal(at(started, "mix.spec"))
	if err != nil {
		t.Fatal(err)
	}
	if again := b.ok(t, "PUT", "/v1/mixes/room", string(spec)); at(again, "mix.revision") != "1" {
		t.Errorf("a spec that was read and written back changed the mix: %v", again)
	}
}

func TestEveryVerbOfATemplate(t *testing.T) {
	b := newBench(t, server.Limits{})
	got := b.ok(t, "GET", "/v1/templates/pk", "")
	if at(got, "info.builtin") != true {
		t.Fatalf("pk = %v", at(got, "info"))
	}
	own := got["template"].(map[string]any)
	own["name"] = "mine"
	message, err := json.Marshal(map[string]any{"template": own})
	if err != nil {
		t.Fatal(err)
	}
	b.walk(t, []step{
		{"UploadTemplate", "POST", "/v1/templates", string(message), map[string]any{"info.name": "mine", "info.version": 1.0}},
		{"GetTemplate", "GET", "/v1/templates/mine?version=1", "", map[string]any{"template.name": "mine"}},
		{"ListTemplates", "GET", "/v1/templates?pageSize=1", "", nil},
	})
	preview := b.ok(t, "POST", "/v1/templates:preview", `{"name":"mine","participants":2,"width":90,"height":160}`)
	picture, err := base64.StdEncoding.DecodeString(preview["png"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if cfg, err := png.DecodeConfig(bytes.NewReader(picture)); err != nil || cfg.Width != 90 || cfg.Height != 160 {
		t.Errorf("preview: %+v, %v", cfg, err)
	}
	b.walk(t, []step{{"DeleteTemplate", "DELETE", "/v1/templates/mine", "", nil}})
	wantProblem(t, "a deleted template", b.do(t, "GET", "/v1/templates/mine", ""), http.StatusNotFound, "NOT_FOUND")
}

func TestATemplateAsText(t *testing.T) {
	b := newBench(t, server.Limits{})
	text, err := os.ReadFile("../testdata/templates/cards.json")
	if err != nil {
		t.Fatal(err)
	}
	const yaml = "Content-Type: application/yaml"
	checked := b.do(t, "POST", "/v1/templates?validateOnly=true", string(text), yaml)
	if at(checked.json(t), "info.version") != 0.0 {
		t.Fatalf("checked = %d %s", checked.status, checked.body)
	}
	name, _ := at(checked.json(t), "info.name").(string)
	wantProblem(t, "checked only", b.do(t, "GET", "/v1/templates/"+name, ""), 404, "NOT_FOUND")
	if kept := b.do(t, "POST", "/v1/templates", string(text), yaml).json(t); at(kept, "info.version") != 1.0 {
		t.Errorf("kept = %v", kept)
	}
	b.ok(t, "GET", "/v1/templates/"+name, "")
	if p := wantProblem(t, "faults", b.do(t, "POST", "/v1/templates", "name: x\nslotz: 1\n", yaml), 400, "INVALID_ARGUMENT"); len(p.Violations) == 0 {
		t.Error("no violations")
	}
	wantProblem(t, "too large", b.do(t, "POST", "/v1/templates", strings.Repeat("#", MaxBody+1), yaml), 413, "INVALID_ARGUMENT")
	wantProblem(t, "nothing", b.do(t, "POST", "/v1/templates", "", yaml), 400, "INVALID_ARGUMENT")
}

func TestEveryVerbOfAnAsset(t *testing.T) {
	b := newBench(t, server.Limits{})
	for _, c := range []struct {
		name, media, query, kind, format string
		data                             []byte
	}{
		{"logo", "image/png", "", "ASSET_KIND_PICTURE", "image/png", dot(t)},
		{"bed", "audio/wav", "", "ASSET_KIND_SOUND", "audio/wav", tone()},
		{"bytes", "application/octet-stream", "?kind=ASSET_KIND_SOUND", "ASSET_KIND_SOUND", "audio/wav", tone()},
	} {
		r := b.do(t, "POST", "/v1/assets/"+c.name+c.query, string(c.data), "Content-Type: "+c.media)
		if got := r.json(t); r.status != http.StatusOK || at(got, "asset.kind") != c.kind || at(got, "asset.version") != 1.0 {
			t.Fatalf("upload of %s = %d %v", c.name, r.status, got)
		}
		path := "/v1/assets/" + c.name + "/data?kind=" + c.kind
		r = b.do(t, "GET", path, "")
		if r.status != http.StatusOK || !bytes.Equal(r.body, c.data) || r.header.Get("Content-Type") != c.format || r.header.Get("Asset-Version") != "1" {
			t.Errorf("download of %s = %d, %d bytes, %v", c.name, r.status, len(r.body), r.header)
		}
		if r := b.do(t, "GET", path, "", "If-None-Match: "+r.header.Get("ETag")); r.status != http.StatusNotModified || len(r.body) != 0 {
			t.Errorf("%s, not modified = %d", c.name, r.status)
		}
		if r := b.do(t, "HEAD", path, ""); r.status != http.StatusOK || r.header.Get("Content-Length") == "" {
			t.Errorf("HEAD of %s = %d %v", c.name, r.status, r.header)
		}
		if list := b.ok(t, "GET", "/v1/assets?kind="+c.kind, "")["assets"].([]any); len(list) == 0 {
			t.Errorf("%s is in no list", c.name)
		}
		b.walk(t, []step{{"DeleteAsset", "DELETE", "/v1/assets/" + c.name + "?kind=" + c.kind, "", nil}})
		wantProblem(t, "a deleted asset", b.do(t, "GET", path, ""), http.StatusNotFound, "NOT_FOUND")
	}
}

func TestOpenAPIHasEveryVerb(t *testing.T) {
	b := newBench(t, server.Limits{})
	doc := b.ok(t, "GET", "/openapi.json", "")
	if version, _ := doc["openapi"].(string); !strings.HasPrefix(version, "3.1") {
		t.Errorf("openapi = %q", version)
	}
	operations := map[string]string{} // METHOD PATH by operationId
	for path, item := range doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			operations[at(op, "operationId").(string)] = strings.ToUpper(method) + " " + path
			if at(op, "responses.default.$ref") != "#/components/responses/Problem" {
				t.Errorf("%s %s does not say what errors are", method, path)
			}
		}
	}
	for _, file := range []protoreflect.FileDescriptor{
		pb.File_lianmai_v1_service_proto, pb.File_lianmai_v1_template_service_proto, pb.File_lianmai_v1_asset_service_proto,
	} {
		service := file.Services().Get(0)
		for i := range service.Methods().Len() {
			verb := service.Methods().Get(i)
			got := operations[string(service.Name())+"_"+string(verb.Name())]
			want := "POST /v1/assets/{name}"
			if rule := ruleOf(verb); rule != nil {
				method, path := methodAndPath(rule)
				want = method + " " + path
			}
			if got != want {
				t.Errorf("%s is %q, want %q", verb.Name(), got, want)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/(\w+)/([\w.]+)"`).FindAllStringSubmatch(string(spec), -1) {
		if section, _ := at(doc, "components."+ref[1]).(map[string]any); section[ref[2]] == nil {
			t.Errorf("%s leads nowhere", ref[0])
		}
	}
}

// dot is a small PNG.
func dot(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tone is a tenth of a second of sound in WAV, 44.1 kHz mono.
func tone() []byte {
	const rate, frames = 44100, 4410
	data := make([]byte, 44, 44+2*frames)
	copy(data, "RIFF")
	binary.LittleEndian.PutUint32(data[4:], 36+2*frames)
	copy(data[8:], "WAVEfmt ")
	for at, v := range map[int]uint32{16: 16, 20: 1 | 1<<16, 24: rate, 28: 2 * rate, 32: 2 | 16<<16, 40: 2 * frames} {
		binary.LittleEndian.PutUint32(data[at:], v)
	}
	copy(data[36:], "data")
	for i := range frames {
		data = binary.LittleEndian.AppendUint16(data, uint16(i%100*50))
	}
	return data
}
