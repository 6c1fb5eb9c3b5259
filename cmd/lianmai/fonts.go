package main

import (
	"log/slog"
	"os"
	"path/filepath"

	"github.com/lianmai/lianmai/compose"
)

// newFonts returns the fonts for names. Without a font that has Chinese, Chinese names
// get a silhouette.
func newFonts(log *slog.Logger) *compose.Fonts {
	fonts := systemFonts(log)
	if !fonts.Supports("连麦") {
		log.Info("no font has Chinese letters: placeholders show a silhouette instead of Chinese names; install fonts-noto-cjk or fonts-wqy-microhei")
	}
	return fonts
}

// systemFonts returns the system's fonts, or the built-in ones where they cannot be used.
// They are not looked for until a letter needs them.
func systemFonts(log *slog.Logger) *compose.Fonts {
	var index string
	if cache, err := os.UserCacheDir(); err == nil {
		index = filepath.Join(cache, "lianmai", "fonts")
	}
	return compose.SystemFonts(index, func(err error) { log.Warn("the system's fonts cannot be used", "error", err) })
}
