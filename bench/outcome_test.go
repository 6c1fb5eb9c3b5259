package main

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestParsePackets(t *testing.T) {
	o, err := parsePackets("codec_type=audio|size=300\ncodec_type=video|size=1000\ncodec_type=video|size=500\n"+
		"codec_type=audio|size=200\n\ncodec_type=video|width=1280|height=720\ncodec_type=audio\n", 2)
	if err != nil {
		t.Fatal(err)
	}
	if o.Width != 1280 || o.Height != 720 || o.Frames != 2 || o.VideoKbps != 6 || o.AudioKbps != 2 {
		t.Errorf("outcome %+v", o)
	}
	if _, err := parsePackets("codec_type=video|size=1000\n", 2); err == nil {
		t.Error("an output without sound was accepted")
	}
}

func TestParseSSIM(t *testing.T) {
	mean, worst, err := parseSSIM("n:1 Y:0.97 U:0.99 V:0.99 All:0.980000 (16.9)\nn:2 Y:0.9 U:0.9 V:0.9 All:0.900000 (10.0)\n")
	if err != nil || math.Abs(mean-0.94) > 1e-9 || worst != 0.9 {
		t.Errorf("mean %v, worst %v, error %v", mean, worst, err)
	}
	for _, lines := range []string{"", "n:1 All:much (1)\n"} {
		if _, _, err := parseSSIM(lines); err == nil {
			t.Errorf("%q was accepted", lines)
		}
	}
}

func TestParsePSNR(t *testing.T) {
	got, err := parsePSNR("n:1 mse_avg:2.00 mse_y:2.5 psnr_avg:45.1 psnr_y:44\nn:1 Y:0.9 All:0.9 (1)\nn:2 mse_avg:4.00 psnr_avg:42.1\n")
	if want := 10 * math.Log10(255*255/3.0); err != nil || math.Abs(got-want) > 1e-9 {
		t.Errorf("PSNR %v, error %v, want %v", got, err, want)
	}
	if got, err := parsePSNR("n:1 mse_avg:0.00 psnr_avg:inf\n"); err != nil || got != perfectPSNR {
		t.Errorf("PSNR %v, error %v of what is the same", got, err)
	}
	for _, lines := range []string{"", "n:1 mse_avg:much psnr_avg:1\n"} {
		if _, err := parsePSNR(lines); err == nil {
			t.Errorf("%q was accepted", lines)
		}
	}
}

func TestX264Settings(t *testing.T) {
	stream := "FLV\x01\x00uuid x264 - core 164 r3095 baee400 - H.264 codec - http://x - options: cabac=1 ref=1 b_adapt=0\x00\x80more=1"
	want := map[string]string{"core": "164", "cabac": "1", "ref": "1", "b_adapt": "0"}
	if got := x264Settings([]byte(stream)); !maps.Equal(got, want) {
		t.Errorf("settings %v, want %v", got, want)
	}
	for _, stream := range []string{"", "FLV", "x264 - core ", "x264 - core 164 options"} {
		if got := x264Settings([]byte(stream)); got != nil {
			t.Errorf("settings %v of %q", got, stream)
		}
	}
}

func FuzzX264Settings(f *testing.F) {
	f.Add([]byte("x264 - core 164 - options: cabac=1"))
	f.Add([]byte("x264 - core options: "))
	f.Fuzz(func(t *testing.T, stream []byte) { x264Settings(stream) })
}

func TestCompareFindsWhatIsNotTheSameWork(t *testing.T) {
	same := outcome{Width: 1280, Height: 720, Frames: 600, VideoKbps: 2500, AudioKbps: 128, SSIM: 0.98, X264: map[string]string{"subme": "2"}}
	if faults := compare(same, same, same); len(faults) != 0 {
		t.Errorf("the same is not the same: %v", faults)
	}
	for want, change := range map[string]func(*outcome){
		"frames":             func(o *outcome) { o.Frames-- },
		"pixels":             func(o *outcome) { o.Height = 718 },
		"kb/s of video":      func(o *outcome) { o.VideoKbps = 2400 },
		"kb/s of sound":      func(o *outcome) { o.AudioKbps = 96 },
		"SSIM":               func(o *outcome) { o.SSIM = 0.95 },
		"subme 1|2":          func(o *outcome) { o.X264 = map[string]string{"subme": "1"} },
		"settings were not ": func(o *outcome) { o.X264 = nil },
	} {
		changed := same
		change(&changed)
		if faults := compare(changed, same, same); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("faults %q, want one with %q", faults, want)
		}
	}
}

func TestDifferences(t *testing.T) {
	got := differences(map[string]string{"a": "1", "b": "2"}, map[string]string{"b": "3", "c": "4"})
	if want := []string{"a 1|", "b 2|3", "c |4"}; !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
}
