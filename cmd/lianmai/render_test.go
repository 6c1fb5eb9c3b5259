package main

import (
	"strings"
	"testing"

	"github.com/lianmai/lianmai/media"
)

func TestRenderHidesWhoIsNamed(t *testing.T) {
	f := renderFlags{
		inputs: []string{"a.flv", "guest=b.flv"}, hidden: []string{"guest"},
		size: sizeFlag{720, 1280}, fps: fpsFlag{media.FPS(30)}, videoBitrate: 2_500_000, audioBitrate: 128_000,
		preset: "veryfast", decoding: "auto", output: "mix.flv",
	}
	spec, err := f.spec()
	if err != nil || spec.Participants[0].Hidden || !spec.Participants[1].Hidden {
		t.Errorf("participants %+v, error %v", spec.Participants, err)
	}
	f.hidden = []string{"nobody"}
	if _, err := f.spec(); err == nil || !strings.Contains(err.Error(), `no input is named "nobody"`) {
		t.Errorf("error %v, want one that names nobody", err)
	}
}

func TestRenderDecodes(t *testing.T) {
	for decoding, full := range map[string]bool{"auto": false, "full": true} {
		f := renderFlags{
			inputs: []string{"a.flv"}, size: sizeFlag{720, 1280}, fps: fpsFlag{media.FPS(30)}, videoBitrate: 2_500_000, audioBitrate: 128_000,
			preset: "balanced", decoding: decoding, output: "mix.flv",
		}
		spec, err := f.spec()
		if err != nil || spec.Video.FullDecoding != full {
			t.Errorf("--decoding %s: %+v, %v", decoding, spec.Video, err)
		}
		f.decoding = "half"
		if _, err := f.spec(); err == nil || !strings.Contains(err.Error(), "auto, full") {
			t.Errorf("--decoding half: error %v, want one that says what there is", err)
		}
	}
}
