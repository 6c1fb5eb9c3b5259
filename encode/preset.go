package encode

import "slices"

// Presets of our own, chosen by measurement on camera pictures (see docs/performance.md):
// more quality for the CPU than x264's of the same cost. X264Presets are taken too.
const (
	// PresetEconomy costs about 0.45 of x264's veryfast, for 0.003 of SSIM.
	PresetEconomy = "economy"
	// PresetBalanced costs about 0.55 of veryfast and looks the same by SSIM.
	PresetBalanced = "balanced"
	// PresetQuality costs about 1.2 of veryfast, and gains 0.001 of SSIM.
	PresetQuality = "quality"
)

// x264Presets are x264's, the fastest first.
var x264Presets = []string{"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}

// Presets returns the names that VideoConfig.Preset takes: ours, then x264's from the
// fastest to the slowest.
func Presets() []string {
	return slices.Concat([]string{PresetEconomy, PresetBalanced, PresetQuality}, x264Presets)
}

// tuning is what x264 is told: its preset and what is changed of it.
type tuning struct {
	preset, params string
	// less is added for less effort. What it changes is not in the headers: no
	// reference frames, entropy coder, transform or weights.
	less string
}

// own are the tunings of our presets. aq-mode=2 spreads the bits so that half of the motion
// search's effort does for the same SSIM; weights look for fades, which a mix hardly has. Blocks
// with a few small coefficients are coded as they are: to look for them and leave them out costs
// CPU, and SSIM at the same bitrate.
var own = map[string]tuning{
	PresetEconomy:  {"superfast", "aq-mode=2:weightp=0:dct-decimate=0:subme=0", ":partitions=none"},
	PresetBalanced: {"superfast", "aq-mode=2:weightp=0:dct-decimate=0", ":subme=0"},
	PresetQuality:  {"veryfast", "aq-mode=2:weightp=0:dct-decimate=0:subme=4", ":subme=1:me=dia:partitions=i8x8,i4x4"},
}

// tuningOf returns the tuning of a preset; one of x264's is taken as it is.
func tuningOf(preset string) tuning {
	if t, ok := own[preset]; ok {
		return t
	}
	t := tuning{preset: preset}
	switch preset {
	case "ultrafast": // there is nothing left to leave out
	case "superfast", "veryfast", "faster":
		t.less = ":subme=0:me=dia:trellis=0"
	default:
		// Psychovisual decisions need the effort. They lower the chroma quantiser, which is in
		// the headers, so it stays low without them.
		t.less = ":subme=2:me=dia:trellis=0:chroma-qp-offset=-2"
	}
	return t
}
