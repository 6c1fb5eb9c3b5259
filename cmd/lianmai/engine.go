package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/server"
)

// engineMaker makes the engine of a service. policy says where it may connect; it is
// valid.
type engineMaker func(fonts *compose.Fonts, library mixer.Library, policy guard.Policy, log *slog.Logger) (server.Engine, error)

// newEngine returns what runs the mixes of `lianmai serve`. It is the one place that
// says which engine that is.
func newEngine(fonts *compose.Fonts, library mixer.Library, policy guard.Policy, log *slog.Logger) (server.Engine, error) {
	// Decoders spend their time in C, where each holds one of Go's processors until
	// the runtime notices, up to 10 ms later. A few more of those let a tick begin
	// in time; the threads that really run are the kernel's to choose.
	runtime.GOMAXPROCS(runtime.NumCPU() + spareProcs)
	e := mixer.NewEngine(fonts, library, log)
	gate, err := policy.Gate()
	if err != nil {
		return nil, err
	}
	e.SetDials(mixer.Dials{Input: gate.Dial(guard.Input), Output: gate.Dial(guard.Output)})
	return engine{e}, nil
}

// spareProcs is how many of Go's processors there are beyond the machine's own.
const spareProcs = 4

// engine runs mixes in this process.
type engine struct{ *mixer.Engine }

// Start begins a mix.
func (e engine) Start(spec mixer.Spec, observe func(mixer.Event)) (server.Mix, error) {
	session, err := e.Engine.Start(spec, observe)
	if err != nil {
		return nil, err // not session: a nil *Session is no nil Mix
	}
	return session, nil
}

// newFonts returns the fonts for names. Without a font that has Chinese, Chinese names
// get a silhouette.
func newFonts(log *slog.Logger) *compose.Fonts {
	var index string
	if cache, err := os.UserCacheDir(); err == nil {
		index = filepath.Join(cache, "lianmai", "fonts")
	}
	fonts, err := compose.SystemFonts(index)
	if err != nil {
		log.Warn("the system's fonts cannot be used", "error", err)
	}
	if !fonts.Supports("连麦") {
		log.Info("no font has Chinese letters: placeholders show a silhouette instead of Chinese names; install fonts-noto-cjk or fonts-wqy-microhei")
	}
	return fonts
}
