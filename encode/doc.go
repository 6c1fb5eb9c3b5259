// Package encode turns the canvas and the mixed sound into what is sent: H.264 in
// length-prefixed access units and AAC-LC, with timestamps that are counts.
//
// Its nouns: [Video] and [Audio] encode one stream each, [File] writes packets into
// an FLV or MP4 file.
//
// Caveats:
//   - An encoder is made, used and closed by one goroutine.
//   - x264 runs without lookahead and without B-frames: one picture in, one access unit out.
package encode

import "errors"

// ErrConfig is returned for settings that the encoder does not accept.
var ErrConfig = errors.New("bad encoder settings")
