package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Errors of this package.
var (
	// ErrFile: the file cannot be read or is not YAML.
	ErrFile = errors.New("config: cannot read the file")
	// ErrUnknownKey: the file has a key that nobody knows.
	ErrUnknownKey = errors.New("config: unknown key")
	// ErrValue: a value is not one that its key can have.
	ErrValue = errors.New("config: bad value")
)

// Off is the value of an address that turns its listener off; the empty value does
// the same.
const Off = "off"

// Config is how `lianmai serve` is set up.
type Config struct {
	// GRPC is where the API listens, host:port. Default 127.0.0.1:7070.
	GRPC string `koanf:"grpc"`
	// HTTP is where the probes listen, host:port, or off. Default 127.0.0.1:8080.
	HTTP string `koanf:"http"`
	// RTMP is where the embedded origin listens, host:port, or off. Default
	// 127.0.0.1:1935.
	RTMP string `koanf:"rtmp"`
	// Data is the folder for what survives the process. Default: none.
	Data string `koanf:"data"`
	// Log is how the log is written.
	Log Log `koanf:"log"`
}

// Log is how the log is written.
type Log struct {
	// Level is the least that is written: debug, info (default), warn or error.
	Level string `koanf:"level"`
	// Format is text, json or auto (default): text on a terminal, else JSON.
	Format string `koanf:"format"`
}

// Default returns the configuration of a process that was told nothing.
func Default() Config {
	return Config{
		GRPC: "127.0.0.1:7070",
		HTTP: "127.0.0.1:8080",
		RTMP: "127.0.0.1:1935",
		Log:  Log{Level: "info", Format: "auto"},
	}
}

// Enabled says whether addr is that of a listener that is wanted.
func Enabled(addr string) bool { return addr != "" && !strings.EqualFold(addr, Off) }

// SlogLevel returns the level of a validated Log.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // Load has checked it
	return level
}

// Validate returns every value that is wrong, each an ErrValue.
func (c Config) Validate() error {
	var faults []error
	for _, a := range []struct {
		key, addr string
		optional  bool
	}{{"grpc", c.GRPC, false}, {"http", c.HTTP, true}, {"rtmp", c.RTMP, true}} {
		if a.optional && !Enabled(a.addr) {
			continue
		}
		if !isAddress(a.addr) {
			faults = append(faults, fmt.Errorf("%w: %s: %q is no host:port", ErrValue, a.key, a.addr))
		}
	}
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, c.Log.Level) {
		faults = append(faults, fmt.Errorf("%w: log.level: %q; want %s", ErrValue, c.Log.Level, strings.Join(levels, ", ")))
	}
	if formats := []string{"auto", "text", "json"}; !slices.Contains(formats, c.Log.Format) {
		faults = append(faults, fmt.Errorf("%w: log.format: %q; want %s", ErrValue, c.Log.Format, strings.Join(formats, ", ")))
	}
	return errors.Join(faults...)
}

// isAddress says whether addr is host:port with a numeric port; 0 is any free one.
func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}
