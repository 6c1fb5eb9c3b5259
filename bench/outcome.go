package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// outcome is what a contender wrote.
type outcome struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Frames int `json:"frames"`
	// VideoKbps and AudioKbps are 1000 bits per second of the mix's duration.
	VideoKbps float64 `json:"video_kbps"`
	AudioKbps float64 `json:"audio_kbps"`
	// SSIM is the mean over all frames against the reference, 1 being the same, and
	// WorstSSIM that of the worst frame.
	SSIM      float64 `json:"ssim"`
	WorstSSIM float64 `json:"worst_ssim"`
	// PSNR is that of the mean square error of all frames, in dB.
	PSNR float64 `json:"psnr"`
	// X264 holds the settings that x264 left in the stream.
	X264 map[string]string `json:"x264"`
}

// Bounds within which two outcomes count as the same work.
const (
	// bitrateTolerance and soundTolerance are shares of ffmpeg's. The sound is a
	// twentieth of the stream, and its encoders are of two versions of FFmpeg.
	bitrateTolerance = 0.03
	soundTolerance   = 0.05
	// ssimTolerance is how much lower Lianmai's may be. The reference is drawn by
	// ffmpeg's own scaler, which gives its output an advantage of 0.0003 to 0.0015;
	// pictures a pixel aside cost 0.017.
	ssimTolerance = 0.01
)

// inspect looks at a contender's output and compares it with the reference.
func (t task) inspect(ctx context.Context, path string) (outcome, error) {
	packets, err := output(ctx, t.ffprobe, "-v", "error", "-of", "compact=p=0",
		"-show_entries", "stream=codec_type,width,height:packet=codec_type,size", path)
	if err != nil {
		return outcome{}, err
	}
	o, err := parsePackets(string(packets), t.duration.Seconds())
	if err != nil {
		return outcome{}, fmt.Errorf("%s: %w", path, err)
	}
	// Frames are compared by their number, since timestamps of FLV are rounded.
	byNumber := fmt.Sprintf("settb=1/%d,setpts=N", t.fps)
	argv := append([]string{t.ffmpeg}, quietly...)
	argv = append(argv, "-i", path, "-i", t.reference(), "-filter_complex",
		fmt.Sprintf("[0:v]%s,split[a][c];[1:v]%s,split[b][d];[a][b]ssim=stats_file=-:shortest=1[s];[c][d]psnr=stats_file=-:shortest=1[p]", byNumber, byNumber),
		"-map", "[s]", "-map", "[p]", "-f", "null", os.DevNull)
	scores, err := output(ctx, argv...)
	if err != nil {
		return outcome{}, err
	}
	if o.SSIM, o.WorstSSIM, err = parseSSIM(string(scores)); err != nil {
		return outcome{}, fmt.Errorf("%s: %w", path, err)
	}
	if o.PSNR, err = parsePSNR(string(scores)); err != nil {
		return outcome{}, fmt.Errorf("%s: %w", path, err)
	}
	start, err := readStart(path, x264Within)
	if err != nil {
		return outcome{}, err
	}
	o.X264 = x264Settings(start)
	return o, nil
}

// parsePackets adds up ffprobe's lines, such as "codec_type=video|size=1234" for a
// packet and "codec_type=video|width=1280|height=720" for a stream.
func parsePackets(lines string, seconds float64) (outcome, error) {
	var o outcome
	var videoBytes, audioBytes int
	for line := range strings.Lines(lines) {
		fields := map[string]string{}
		for field := range strings.SplitSeq(strings.TrimSpace(line), "|") {
			key, value, _ := strings.Cut(field, "=")
			fields[key] = value
		}
		size, _ := strconv.Atoi(fields["size"])
		switch kind := fields["codec_type"]; {
		case kind == "video" && fields["width"] != "":
			o.Width, _ = strconv.Atoi(fields["width"])
			o.Height, _ = strconv.Atoi(fields["height"])
		case kind == "video" && size > 0:
			o.Frames++
			videoBytes += size
		case kind == "audio":
			audioBytes += size
		}
	}
	if o.Frames == 0 || audioBytes == 0 {
		return o, errors.New("the output lacks picture or sound")
	}
	o.VideoKbps = float64(videoBytes) * 8 / seconds / 1000
	o.AudioKbps = float64(audioBytes) * 8 / seconds / 1000
	return o, nil
}

// parseSSIM reads the lines of ffmpeg's ssim filter, such as
// "n:1 Y:0.98 U:0.99 V:0.99 All:0.983 (17.7)".
func parseSSIM(lines string) (mean, worst float64, err error) {
	worst = 1
	frames := 0
	for line := range strings.Lines(lines) {
		_, rest, ok := strings.Cut(line, "All:")
		if !ok {
			continue
		}
		text, _, _ := strings.Cut(rest, " ")
		score, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("ssim: %q: %w", strings.TrimSpace(line), err)
		}
		mean += score
		worst = min(worst, score)
		frames++
	}
	if frames == 0 {
		return 0, 0, errors.New("ssim: no frame could be compared")
	}
	return mean / float64(frames), worst, nil
}

// parsePSNR reads the lines of ffmpeg's psnr filter, such as
// "n:1 mse_avg:5.29 mse_y:7.1 … psnr_avg:40.89 …", and returns the PSNR of their mean
// square error, at most perfectPSNR.
func parsePSNR(lines string) (float64, error) {
	var sum float64
	frames := 0
	for line := range strings.Lines(lines) {
		_, rest, ok := strings.Cut(line, "mse_avg:")
		if !ok {
			continue
		}
		text, _, _ := strings.Cut(rest, " ")
		mse, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, fmt.Errorf("psnr: %q: %w", strings.TrimSpace(line), err)
		}
		sum += mse
		frames++
	}
	if frames == 0 {
		return 0, errors.New("psnr: no frame could be compared")
	}
	return min(perfectPSNR, 10*math.Log10(255*255*float64(frames)/sum)), nil
}

// perfectPSNR stands for the infinite PSNR of what is the same, in dB: JSON has no
// infinity.
const perfectPSNR = 100

// x264Within is where in a file x264's settings are looked for, in bytes from the
// start: they are in the first access unit.
const x264Within = 1 << 20

func readStart(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(limit)))
}

// x264Mark is how x264's text begins.
const x264Mark = "x264 - core "

// x264Settings finds the text that x264 puts into the SEI before its first frame,
// "x264 - core 164 … options: cabac=1 ref=1 …", and returns its options with the
// number of the core under "core". It returns nil if there is none.
func x264Settings(stream []byte) map[string]string {
	i := bytes.Index(stream, []byte(x264Mark))
	if i < 0 {
		return nil
	}
	text := stream[i:]
	if end := bytes.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }); end >= 0 {
		text = text[:end]
	}
	about, options, ok := strings.Cut(string(text), "options: ")
	if !ok {
		return nil
	}
	core, _, _ := strings.Cut(strings.TrimPrefix(about, x264Mark), " ")
	settings := map[string]string{"core": core}
	for _, field := range strings.Fields(options) {
		key, value, _ := strings.Cut(field, "=")
		settings[key] = value
	}
	return settings
}

// differences lists what is not the same in a and b, as "key a|b".
func differences(a, b map[string]string) []string {
	keys := maps.Clone(a)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b)
	var list []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if a[key] != b[key] {
			list = append(list, fmt.Sprintf("%s %s|%s", key, a[key], b[key]))
		}
	}
	return list
}

// sameBitrate says whether both pictures took about as many bits.
func sameBitrate(a, b outcome) bool {
	d := a.VideoKbps - b.VideoKbps
	return max(d, -d) <= bitrateTolerance*b.VideoKbps
}

// compare returns what makes a comparison of our work with ffmpeg's unfair: best is
// what ffmpeg wrote without setting pictures aside.
func compare(a, b, best outcome) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if a.Frames != b.Frames {
		fault("%d frames against ffmpeg's %d", a.Frames, b.Frames)
	}
	if a.Width != b.Width || a.Height != b.Height {
		fault("%d×%d pixels against ffmpeg's %d×%d", a.Width, a.Height, b.Width, b.Height)
	}
	if !sameBitrate(a, b) {
		fault("%.0f kb/s of video against ffmpeg's %.0f", a.VideoKbps, b.VideoKbps)
	}
	if d := a.AudioKbps - b.AudioKbps; max(d, -d) > soundTolerance*b.AudioKbps {
		fault("%.0f kb/s of sound against ffmpeg's %.0f", a.AudioKbps, b.AudioKbps)
	}
	if a.SSIM < best.SSIM-ssimTolerance {
		fault("SSIM %.4f against ffmpeg's %.4f", a.SSIM, best.SSIM)
	}
	if len(a.X264) == 0 || len(b.X264) == 0 {
		fault("x264's settings were not found in the streams")
	} else if d := differences(a.X264, b.X264); len(d) > 0 {
		fault("x264 was set differently (lianmai|ffmpeg): %s", strings.Join(d, ", "))
	}
	return faults
}
