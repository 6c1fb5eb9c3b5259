package contest

import (
	"fmt"
	"strconv"
)

// Encoding is how a mix is encoded: H.264 and AAC-LC.
type Encoding struct {
	// Preset is x264's.
	Preset string
	// VideoBitrate is target and cap, and AudioBitrate AAC's, in bits per second.
	VideoBitrate, AudioBitrate int
	// GOP is the distance between key frames, in frames. Lianmai's default of 2 s
	// must come to the same.
	GOP int
}

// Args is how Lianmai encodes (see package encode), in ffmpeg's words. That both
// sides' x264 were told the same is checked in what they wrote.
func (e Encoding) Args() []string {
	rate, gop := Kilobits(e.VideoBitrate), strconv.Itoa(e.GOP)
	return []string{
		"-c:v", "libx264", "-preset", e.Preset, "-tune", "zerolatency", "-profile:v", "high", "-pix_fmt", "yuv420p",
		"-threads", "1", "-b:v", rate, "-maxrate", rate, "-bufsize", rate, "-g", gop, "-bf", "0", "-flags", "+cgop",
		"-x264-params", "scenecut=0:open-gop=0:keyint-min=" + gop,
		"-c:a", "aac", "-b:a", Kilobits(e.AudioBitrate), "-ar", "48000", "-ac", "2",
	}
}

// Kilobits writes bits per second as both commands read them.
func Kilobits(rate int) string { return fmt.Sprintf("%dk", rate/1000) }
