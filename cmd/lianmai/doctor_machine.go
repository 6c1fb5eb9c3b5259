package main

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/media"
)

// machine is what the checks look at; tests make one up.
type machine struct {
	os      string // runtime.GOOS
	arch    string // runtime.GOARCH
	cpus    int    // that this process may run on
	ffmpeg  string // its version
	decoder func(name string) bool
	encoder func(name string) bool
	chinese func() bool // whether a font has Chinese letters
	env     func(name string) string
	now     func() time.Time

	read     func(path string) (string, error) // of /proc, /sys and small files
	stat     func(path string) (fs.FileInfo, error)
	writable func(dir string) error
	disk     func(dir string) (free, size int64, err error)
	synced   func() (synced, known bool)    // the clock, by the kernel
	listen   func(addr string) error        // whether one can
	reach    func(addr string) error        // whether somebody answers
	served   func(cfg config.Config) string // which service of ours answers with these settings
	host     func() string                  // the name of this machine
	holds    func(kind, path string) (found string, err error)
}

// maxRead bounds a file that is read, in bytes.
const maxRead = 1 << 20

// thisMachine returns the machine that this is.
func thisMachine(ctx context.Context) machine {
	return machine{
		os: runtime.GOOS, arch: runtime.GOARCH, cpus: runtime.NumCPU(),
		ffmpeg: media.NativeVersion(), decoder: media.HasDecoder, encoder: media.HasEncoder,
		chinese: hasChinese, env: os.Getenv, now: time.Now,
		read: readSmall, stat: os.Stat, writable: checkWritable, disk: diskOf, synced: clockSynced,
		listen: func(addr string) error {
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return err
			}
			return l.Close()
		},
		reach: func(addr string) error {
			c, err := net.DialTimeout("tcp", addr, answerTime)
			if err != nil {
				return err
			}
			return c.Close()
		},
		served: func(cfg config.Config) string { return servedBy(ctx, cfg) },
		host: func() string {
			name, _ := os.Hostname() // without one serve says so
			return name
		},
		holds: holding,
	}
}

// hasChinese says whether a font of the system has Chinese letters, by the index that
// the service keeps.
func hasChinese() bool {
	var index string
	if cache, err := os.UserCacheDir(); err == nil {
		index = cache + "/lianmai/fonts"
	}
	return compose.SystemFonts(index, func(error) {}).Supports("连麦")
}

// readSmall returns the beginning of a file, at most maxRead bytes.
func readSmall(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // read only: nothing can be lost
	text, err := io.ReadAll(io.LimitReader(f, maxRead))
	return string(text), err
}

// answerTime is how long somebody gets to answer.
const answerTime = 300 * time.Millisecond

// servedBy asks who listens on HTTP where cfg says; empty if it is no service of ours. The
// version is told only to callers who need no token.
func servedBy(ctx context.Context, cfg config.Config) string {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var ready struct{ Checks []struct{ Name string } }
	if askHTTP(ctx, cfg, "/readyz", &ready) != nil || !slices.ContainsFunc(ready.Checks, func(c struct{ Name string }) bool { return c.Name == "draining" }) {
		return ""
	}
	var built struct{ Version string }
	if cfg.Tokens == "" && cfg.TLS.ClientCA == "" {
		_ = askHTTP(ctx, cfg, "/version", &built) // only to say more
	}
	return strings.TrimSpace("lianmai " + built.Version)
}

// askHTTP reads what the HTTP listener of cfg answers, whatever its status.
func askHTTP(ctx context.Context, cfg config.Config, path string, answer any) error {
	resp, err := getLocal(ctx, cfg.HTTP, cfg.TLS.Cert != "", path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(io.LimitReader(resp.Body, 16<<10)).Decode(answer)
}
