package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
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
	// NATS keeps what survives elsewhere.
	NATS NATS `koanf:",flatten,squash"`
	// Assets bounds the pictures and the sounds that are uploaded.
	Assets Assets `koanf:"assets"`
	// Metrics is where Prometheus finds /metrics: "http" (default) for beside the
	// probes, host:port for a listener of its own, or off. See MetricsAddr.
	Metrics string `koanf:"metrics"`
	// PProf is where profiles are served, host:port of loopback, or off (default). See
	// PProfAddr.
	PProf string `koanf:"pprof"`
	// Drain is how the service ends.
	Drain Drain `koanf:"drain"`
	// Log is how the log is written.
	Log Log `koanf:"log"`
	// Webhooks are where events of mixes are sent to. Default: none.
	Webhooks Webhooks `koanf:"webhooks"`

	// Tokens is a file of tokens and client certificates that may call. Default: none.
	Tokens string `koanf:"tokens"`
	// TLS is how the API and the HTTP listener are encrypted.
	TLS TLS `koanf:"tls"`
	// Allow says where the engine may connect.
	Allow Allow `koanf:"allow"`
	// Publish says who may publish to the embedded origin.
	Publish Publish `koanf:"publish"`
	// Limit bounds what callers may ask for.
	Limit Limit `koanf:"limit"`
	// Capacity is what mixes may take of the machine.
	Capacity Capacity `koanf:"capacity"`
	// Worker bounds each process that mixes.
	Worker Worker `koanf:"worker"`
}

// Assets bounds the pictures and the sounds that are uploaded.
type Assets struct {
	// MaxBytes is the most bytes of a picture, such as 800KB or 5MB (default); up to
	// MostBytes.
	MaxBytes string `koanf:"max-bytes"`
	// MaxSide is the most pixels of a picture's side, 16–8192. Default 4096.
	MaxSide string `koanf:"max-side"`
	// MaxSoundBytes is the most bytes of a sound; up to MostSoundBytes. Default 200MB.
	MaxSoundBytes string `koanf:"max-sound-bytes"`
	// MaxSoundDuration is how long a sound may be, 1s to 24h. Default 6h.
	MaxSoundDuration string `koanf:"max-sound-duration"`
}

// The bounds of Assets.
const (
	MostBytes      = "16MB"
	leastSide      = 16
	mostSide       = 8192
	MostSoundBytes = "1GB"
	leastSound     = time.Second
	mostSound      = 24 * time.Hour
)

// Bytes returns MaxBytes of validated Assets.
func (a Assets) Bytes() int {
	n, _ := parseBytes(a.MaxBytes) // Load has checked it
	return n
}

// Side returns MaxSide of validated Assets.
func (a Assets) Side() int {
	n, _ := strconv.Atoi(a.MaxSide) // Load has checked it
	return n
}

// SoundBytes returns MaxSoundBytes of validated Assets.
func (a Assets) SoundBytes() int64 {
	n, _ := parseBytes(a.MaxSoundBytes) // Load has checked it
	return int64(n)
}

// SoundDuration returns MaxSoundDuration of validated Assets.
func (a Assets) SoundDuration() time.Duration {
	d, _ := time.ParseDuration(a.MaxSoundDuration) // Load has checked it
	return d
}

// validate returns every value that is wrong, each an ErrValue.
func (a Assets) validate() (faults []error) {
	for _, size := range []struct{ key, value, most, example string }{
		{"max-bytes", a.MaxBytes, MostBytes, "800KB or 5MB"},
		{"max-sound-bytes", a.MaxSoundBytes, MostSoundBytes, "50MB or 1GB"},
	} {
		most, _ := parseBytes(size.most)
		if n, err := parseBytes(size.value); err != nil || n < 1 || n > most {
			faults = append(faults, fmt.Errorf("%w: assets.%s: %q; want 1 to %s, such as %s", ErrValue, size.key, size.value, size.most, size.example))
		}
	}
	if n, err := strconv.Atoi(a.MaxSide); err != nil || n < leastSide || n > mostSide {
		faults = append(faults, fmt.Errorf("%w: assets.max-side: %q; want %d to %d pixels", ErrValue, a.MaxSide, leastSide, mostSide))
	}
	if d, err := time.ParseDuration(a.MaxSoundDuration); err != nil || d < leastSound || d > mostSound {
		faults = append(faults, fmt.Errorf("%w: assets.max-sound-duration: %q; want 1s to 24h, such as 90m or 6h", ErrValue, a.MaxSoundDuration))
	}
	return faults
}

// parseBytes reads a number of bytes: 5MB is 5 000 000.
func parseBytes(text string) (int, error) {
	number, unit := text, 1
	for suffix, u := range map[string]int{"KB": 1000, "MB": 1000_000, "GB": 1000_000_000} {
		if n, ok := strings.CutSuffix(strings.ToUpper(text), suffix); ok {
			number, unit = n, u
		}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 31)
	return int(n) * unit, err
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
		GRPC:   "127.0.0.1:7070",
		HTTP:   "127.0.0.1:8080",
		RTMP:   "127.0.0.1:1935",
		Assets: Assets{MaxBytes: "5MB", MaxSide: "4096", MaxSoundBytes: "200MB", MaxSoundDuration: "6h"},

		Metrics: MetricsOnHTTP,
		PProf:   Off,
		Drain:   Drain{Delay: "0s", Timeout: "5s"},

		Log: Log{Level: "info", Format: "auto"},

		Allow:   Allow{Private: "false"},
		Publish: Publish{Play: "false"},
		Limit:   Limit{Calls: "500", Connections: "1024", ConnectionsPerAddress: "256"},

		Capacity: Capacity{Cores: Auto, Memory: Auto},
		Worker:   Worker{Memory: "4GB", Nice: "0"},
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
	faults = append(faults, c.NATS.validate()...)
	faults = append(faults, c.Assets.validate()...)
	faults = append(faults, c.validateMetrics()...)
	faults = append(faults, c.Drain.validate()...)
	faults = append(faults, c.validateGuard()...)
	faults = append(faults, c.Capacity.validate()...)
	faults = append(faults, c.Worker.validate()...)
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, c.Log.Level) {
		faults = append(faults, fmt.Errorf("%w: log.level: %q; want %s", ErrValue, c.Log.Level, strings.Join(levels, ", ")))
	}
	if formats := []string{"auto", "text", "json"}; !slices.Contains(formats, c.Log.Format) {
		faults = append(faults, fmt.Errorf("%w: log.format: %q; want %s", ErrValue, c.Log.Format, strings.Join(formats, ", ")))
	}
	if _, err := c.Webhooks.List(); err != nil {
		faults = append(faults, err)
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
