package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// enumName returns an enum's value as people write it: SOURCE_STATE_AUDIO_ONLY is
// audio_only.
func enumName(e protoreflect.Enum) string {
	values := e.Descriptor().Values()
	value := values.ByNumber(e.Number())
	if value == nil {
		return fmt.Sprintf("unknown (%d)", e.Number())
	}
	// The value 0 is PREFIX_UNSPECIFIED by the API's style.
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), prefix))
}

// stateColour returns the colour of a state's name.
func stateColour(state string) colour {
	switch state {
	case "live", "running", "playing", "full":
		return green
	case "connecting", "frozen", "hidden", "audio_only", "away", "stopping", "loading", "paused",
		"less_decoding", "less_encoding", "half_rate":
		return yellow
	case "lost", "stalled", "refused", "failed":
		return red
	case "stopped", "closed", "ended", "unspecified":
		return grey
	}
	return plain
}

// bitrate returns bits per second as people write it.
func bitrate(bits int64) string {
	switch {
	case bits >= 1_000_000:
		return fmt.Sprintf("%.2f Mb/s", float64(bits)/1e6)
	case bits >= 1000:
		return fmt.Sprintf("%.0f kb/s", float64(bits)/1e3)
	default:
		return fmt.Sprintf("%d b/s", bits)
	}
}

// frameRate returns 30 or 30000/1001.
func frameRate(r *pb.FrameRate) string {
	if r.GetDen() == 1 {
		return fmt.Sprint(r.GetNum())
	}
	return fmt.Sprintf("%d/%d", r.GetNum(), r.GetDen())
}

// sessionTime returns h:mm:ss.mmm.
func sessionTime(d time.Duration) string {
	d = d.Round(time.Millisecond)
	return fmt.Sprintf("%d:%02d:%02d.%03d", d/time.Hour, d/time.Minute%60, d/time.Second%60, d/time.Millisecond%1000)
}

// plural returns "1 input" or "2 inputs".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// listed joins names; "-" when there are none.
func listed(names []string) string {
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ",")
}

// pad adds spaces up to a width in characters.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

// printable takes out what could steer a terminal: reasons can quote a peer.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
