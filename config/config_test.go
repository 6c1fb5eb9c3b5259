package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// write returns the path of a file with this text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lianmai.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func flags(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	fs.String("config", "", "")
	fs.String("grpc", Default().GRPC, "")
	fs.String("http", Default().HTTP, "")
	fs.String("rtmp", Default().RTMP, "")
	fs.String("log-level", Default().Log.Level, "")
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestNothingSaidGivesTheDefaults(t *testing.T) {
	cfg, err := Load(Sources{Flags: flags(t)})
	if err != nil || cfg != Default() {
		t.Errorf("Load() = %+v, %v; want %+v", cfg, err, Default())
	}
}

func TestEachLayerLiesOverTheOneBefore(t *testing.T) {
	cfg, err := Load(Sources{
		File:  write(t, "grpc: 127.0.0.1:1\nhttp: 127.0.0.1:1\nrtmp: 127.0.0.1:1\nlog:\n  level: debug\n  format: json\n"),
		Env:   environment(map[string]string{"LIANMAI_HTTP": "127.0.0.1:2", "LIANMAI_RTMP": "127.0.0.1:2", "LIANMAI_LOG_LEVEL": "warn"}),
		Flags: flags(t, "--rtmp", "127.0.0.1:3", "--log-level", "error"),
	})
	want := Default()
	want.GRPC, want.HTTP, want.RTMP, want.Log = "127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3", Log{Level: "error", Format: "json"}
	if err != nil || cfg != want {
		t.Errorf("Load() = %+v, %v; want %+v", cfg, err, want)
	}
}

func TestUnknownKeysAreNamedWithTheirNeighbours(t *testing.T) {
	for _, test := range []struct{ text, key, near string }{
		{"grcp: 127.0.0.1:1", `"grcp"`, "did you mean grpc?"},
		{"log: {levle: info}", `"log.levle"`, "did you mean log.level?"},
		{"level: info", `"level"`, "did you mean log.level?"},
		{"log: debug", `"log"`, "did you mean log.format or log.level?"},
		{"log-level: debug", `"log-level"`, "log.level"},
		{"grpc: {address: x}", `"grpc.address"`, "did you mean grpc?"},
		{"colour: blue", `"colour"`, "the keys are allow.input, allow.output, allow.private, assets.max-bytes, assets.max-side, assets.max-sound-bytes, assets.max-sound-duration, capacity.cores, capacity.memory, data, drain.delay, drain.timeout, grpc, http, limit.calls, limit.connections, limit.connections-per-address, log.format, log.level, metrics, nats, nats-credentials, nats-replicas, node, pprof, publish.key, publish.keys, publish.play, rtmp, tls.cert, tls.client-ca, tls.key, tokens, webhooks, worker.memory, worker.nice"},
	} {
		_, err := Load(Sources{File: write(t, test.text)})
		if !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), test.key) || !strings.Contains(err.Error(), test.near) {
			t.Errorf("%s: error = %v; want %s, %s", test.text, err, test.key, test.near)
		}
	}
}

func TestEveryUnknownKeyIsTold(t *testing.T) {
	_, err := Load(Sources{File: write(t, "one: 1\ntwo: 2\ngrpc: 127.0.0.1:1\n")})
	if err == nil || !strings.Contains(err.Error(), `"one"`) || !strings.Contains(err.Error(), `"two"`) {
		t.Errorf("error = %v; want both keys", err)
	}
}

func TestBadValues(t *testing.T) {
	for _, test := range []struct{ text, names string }{
		{"grpc: nowhere", "grpc"},
		{"grpc: 'off'", "grpc"}, // the API cannot be turned off
		{"http: 127.0.0.1:99999", "http"},
		{"rtmp: 127.0.0.1:http", "rtmp"},
		{"rtmp: 1935", "rtmp"},
		{"rtmp:", "rtmp"},
		{"grpc: [a, b]", "grpc"},
		{"assets: {max-bytes: 17MB}", "assets.max-bytes"},
		{"assets: {max-side: 15}", "assets.max-side"},
		{"assets: {max-sound-bytes: 0}", "assets.max-sound-bytes"},
		{"assets: {max-sound-bytes: 1001MB}", "assets.max-sound-bytes"},
		{"assets: {max-sound-bytes: 9999999999GB}", "assets.max-sound-bytes"},
		{"assets: {max-sound-bytes: much}", "assets.max-sound-bytes"},
		{"assets: {max-sound-duration: 6}", "assets.max-sound-duration"},
		{"assets: {max-sound-duration: 25h}", "assets.max-sound-duration"},
		{"assets: {max-sound-duration: 1ms}", "assets.max-sound-duration"},
		{"log: {level: loud}", "log.level"},
		{"log: {format: xml}", "log.format"},
	} {
		_, err := Load(Sources{File: write(t, test.text)})
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%s: error = %v; want ErrValue naming %s", test.text, err, test.names)
		}
	}
}

func TestUnreadableFiles(t *testing.T) {
	for name, path := range map[string]string{
		"missing":  filepath.Join(t.TempDir(), "none.yaml"),
		"folder":   t.TempDir(),
		"not YAML": write(t, "grpc: [\n"),
		"a list":   write(t, "- grpc\n"),
		"huge":     write(t, strings.Repeat("# nothing\n", maxFile/8)),
	} {
		if _, err := Load(Sources{File: path}); !errors.Is(err, ErrFile) {
			t.Errorf("%s: error = %v, want ErrFile", name, err)
		}
	}
}

func TestBoundsOfAssets(t *testing.T) {
	def := Default().Assets
	if def.Bytes() != 5_000_000 || def.Side() != 4096 || def.SoundBytes() != 200_000_000 || def.SoundDuration() != 6*time.Hour {
		t.Errorf("the defaults are %d, %d, %d, %v", def.Bytes(), def.Side(), def.SoundBytes(), def.SoundDuration())
	}
	cfg, err := Load(Sources{
		File: write(t, "assets: {max-sound-bytes: 1GB, max-sound-duration: 24h}"),
		Env:  environment(map[string]string{"LIANMAI_ASSETS_MAX_SOUND_DURATION": "90m"}),
	})
	if err != nil || cfg.Assets.SoundBytes() != 1_000_000_000 || cfg.Assets.SoundDuration() != 90*time.Minute {
		t.Errorf("Load() = %+v, %v", cfg.Assets, err)
	}
}

func TestOffTurnsListenersOff(t *testing.T) {
	for _, args := range [][]string{{"--rtmp", "off", "--http", ""}, {"--rtmp=", "--http=OFF"}} {
		cfg, err := Load(Sources{Flags: flags(t, args...)})
		if err != nil || Enabled(cfg.RTMP) || Enabled(cfg.HTTP) || !Enabled(cfg.GRPC) {
			t.Errorf("%v: %+v, %v", args, cfg, err)
		}
	}
}

// FuzzParse looks for a text that ends the process.
func FuzzParse(f *testing.F) {
	keys := []string{"grpc", "log.level"}
	f.Add([]byte("grpc: a\nlog: {level: b}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? {a: b}\n: c"))
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := parse(text, "fuzz", keys)
		if err == nil {
			for _, key := range values.Keys() {
				if key != "grpc" && key != "log.level" {
					t.Errorf("took key %q", key)
				}
			}
		}
	})
}
