// Package decode turns access units into pictures and sound.
//
// Its nouns: [Video] decodes one video stream, [Audio] one sound stream (always to
// 48 kHz stereo), [File] reads packets from a media file, [Sound] plays a piece of music
// from one, exact to the sample.
//
// Caveats:
//   - A decoder is made, used and closed by one goroutine.
//   - Decoders start from the stream's own configuration (avcC, hvcC,
//     AudioSpecificConfig), so the first key frame comes out at once: nothing is probed.
//   - Bad data is an error of that one call. The decoder stays usable.
package decode

import (
	"errors"
	"fmt"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrUnsupported: no decoder for this codec is built in.
	ErrUnsupported = errors.New("codec is not supported")
	// ErrConfig: the decoder configuration is not one the decoder accepts.
	ErrConfig = errors.New("bad decoder configuration")
	// ErrTooLarge: the pictures have more pixels than are taken. It is an ErrConfig too.
	ErrTooLarge = fmt.Errorf("%w: picture is too large", ErrConfig)
	// ErrData: the packet could not be decoded.
	ErrData = errors.New("damaged media data")
	// ErrNotMedia: the file is not in a format that can be read, or holds
	// neither pictures nor sound.
	ErrNotMedia = errors.New("not a media file")
)
