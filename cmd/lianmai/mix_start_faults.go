package main

import (
	"fmt"
	"slices"
)

// startFlagOf has the fields of a StartMixRequest that come from one flag.
var startFlagOf = map[string]string{
	"spec.id":                       "--id",
	"spec.participants":             "--input",
	"spec.outputs":                  "--output",
	"spec.music":                    "--music",
	"spec.layout.template":          "--template",
	"spec.layout.template_version":  "--template, the version",
	"spec.layout.main":              "--main",
	"spec.layout.transition":        "--transition",
	"spec.layout.placeholder_after": "--placeholder-after",
	"spec.video":                    "--size",
	"spec.video.width":              "--size, the width",
	"spec.video.height":             "--size, the height",
	"spec.video.frame_rate":         "--fps",
	"spec.video.bitrate":            "--video-bitrate",
	"spec.video.preset":             "--preset",
	"spec.video.decoding":           "--decoding",
	"spec.audio.bitrate":            "--audio-bitrate",
	"spec.idle_timeout":             "--idle-timeout",
	"spec.max_duration":             "--max-duration",
}

// flagOf names the flag that a field came from. It names an input or an output by
// its name or its number, never by its URL.
func (f *startFlags) flagOf(field string) string {
	for _, list := range []struct {
		field, flag string
		texts       []string
	}{
		{"spec.participants", "--input", f.inputs}, {"spec.outputs", "--output", f.outputs}, {"spec.music", "--music", f.music},
	} {
		i, rest, ok := elementOf(field, list.field)
		if !ok {
			continue
		}
		which := fmt.Sprintf("#%d", i+1)
		if i < len(list.texts) {
			if name, _ := cutName(list.texts[i]); name != "" {
				which = name
			}
		}
		switch rest {
		case "placeholder":
			return "--placeholder " + which
		case "display_name":
			return "--display " + which
		case "asset":
			return list.flag + " " + which + ", the sound"
		}
		if !slices.Contains([]string{"name", "url"}, rest) {
			return list.flag + " " + which
		}
		return fmt.Sprintf("%s %s, the %s", list.flag, which, rest)
	}
	return startFlagOf[field]
}
