package main

import (
	"slices"
	"strings"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// What --help says of settings that several commands take.
const (
	presetUsage   = "`PRESET` of the encoder: economy, balanced, quality, or one of x264's; slower ones look better at the same bitrate"
	decodingUsage = "how exactly inputs are decoded, `auto|full`: auto leaves the deblocking filter out of those shown at half their size or less"
)

// decodings are what --decoding takes, the default first.
var decodings = []string{"auto", decodingFull}

const decodingFull = "full"

// decodingOf returns what --decoding means in the API; nothing is left to the server.
func decodingOf(text string) (pb.Decoding, error) {
	if text == "" {
		return pb.Decoding_DECODING_UNSPECIFIED, nil
	}
	if !slices.Contains(decodings, text) {
		return 0, usagef("--decoding %q: want one of %s", text, strings.Join(decodings, ", "))
	}
	return pb.Decoding(pb.Decoding_value["DECODING_"+strings.ToUpper(text)]), nil
}
