package main

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/lianmai/lianmai/compose"
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
	synced   func() (synced, known bool)  // the clock, by the kernel
	listen   func(addr string) error      // whether one can
	served   func(http string) (v string) // the version of the service that answers there
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
		served: func(addr string) string { return servedVersion(ctx, addr) },
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

// servedVersion asks the HTTP listener at addr for its version; empty if no service of
// ours answers soon.
func servedVersion(ctx context.Context, addr string) string {
	target, err := dialAddress(addr)
	if err != nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target+"/version", nil)
	if err != nil {
		return ""
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	var body struct{ Version, Go string }
	if json.NewDecoder(io.LimitReader(resp.Body, 4<<10)).Decode(&body) != nil || !strings.HasPrefix(body.Go, "go") {
		return ""
	}
	return body.Version
}
