package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lianmai/lianmai/config"
)

// Files of a machine on which everything is right.
var goodFiles = map[string]string{
	"/proc/cpuinfo":                "processor : 0\nflags\t\t: fpu sse4_2 avx avx2 bmi1\n",
	"/proc/meminfo":                "MemTotal:       16000000 kB\nMemFree: 1 kB\n",
	"/proc/self/cgroup":            "0::/system.slice/lianmai.service\n",
	"/sys/fs/cgroup/cpu.max":       "max 100000\n",
	"/proc/self/status":            "Name:\tlianmai\nCapEff:\t0000000000000000\n",
	"/proc/self/limits":            "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            65536                65536                files     \nMax nice priority         30                   30                   \nMax realtime priority     1                    1                    \n",
	"/proc/sys/net/core/somaxconn": "4096\n",
	"/proc/sys/net/ipv4/tcp_wmem":  "4096\t16384\t4194304\n",
	"/proc/sys/net/ipv4/tcp_rmem":  "4096\t131072\t6291456\n",
	"/proc/self/mountinfo":         "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:25 / /mem rw,nosuid - tmpfs tmpfs rw\n31 22 0:26 / /net\\040disk rw - nfs4 host:/x rw\n",
	"/etc/lianmai/tokens":          "hash",
	"/etc/lianmai/key.pem":         "key",
}

// fileInfo is a file or a folder with a mode.
type fileInfo struct{ mode fs.FileMode }

func (f fileInfo) Name() string       { return "" }
func (f fileInfo) Size() int64        { return 0 }
func (f fileInfo) Mode() fs.FileMode  { return f.mode }
func (f fileInfo) ModTime() time.Time { return time.Time{} }
func (f fileInfo) IsDir() bool        { return f.mode.IsDir() }
func (f fileInfo) Sys() any           { return nil }

// goodMachine returns a machine on which everything is right, and its files with their
// modes, which a test may change.
func goodMachine() (m machine, files map[string]string, modes map[string]fs.FileMode) {
	files = map[string]string{}
	for path, text := range goodFiles {
		files[path] = text
	}
	modes = map[string]fs.FileMode{
		"/": fs.ModeDir | 0o755, "/data": fs.ModeDir | 0o700, "/mem": fs.ModeDir | 0o700, "/net disk": fs.ModeDir | 0o700,
		"/etc/lianmai.yaml": 0o644, "/etc/lianmai/tokens": 0o600, "/etc/lianmai/key.pem": 0o640,
	}
	yes := func(string) bool { return true }
	return machine{
		os: "linux", arch: "amd64", cpus: 8, ffmpeg: "7.1", decoder: yes, encoder: yes, chinese: func() bool { return true },
		env: func(string) string { return "" },
		now: func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) },
		read: func(path string) (string, error) {
			if text, ok := files[path]; ok {
				return text, nil
			}
			return "", fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		},
		stat: func(path string) (fs.FileInfo, error) {
			if mode, ok := modes[path]; ok {
				return fileInfo{mode}, nil
			}
			return nil, fmt.Errorf("stat %s: %w", path, fs.ErrNotExist)
		},
		writable: func(string) error { return nil },
		disk:     func(string) (free, size int64, err error) { return 50 << 30, 100 << 30, nil },
		synced:   func() (bool, bool) { return true, true },
		listen:   func(string) error { return nil },
		reach:    func(string) error { return nil },
		served:   func(config.Config) string { return "" },
		host:     func() string { return "mixer1" },
		holds:    func(_, path string) (string, error) { return path, nil },
	}, files, modes
}

// goodConfig is one that goodMachine has everything for.
func goodConfig() config.Config {
	cfg := config.Default()
	cfg.Data, cfg.Metrics, cfg.PProf = "/data", ":9464", ":6060"
	return cfg
}

func TestNothingIsWrongWithAGoodMachine(t *testing.T) {
	m, _, _ := goodMachine()
	all := examine(m, goodConfig(), "/etc/lianmai.yaml", nil)
	for _, f := range all {
		if f.Verdict != verdictOK || f.Do != "" || f.Found == "" {
			t.Errorf("%+v", f)
		}
	}
	if len(all) < 20 {
		t.Errorf("only %d checks", len(all))
	}
}

func TestWhatTheDoctorFinds(t *testing.T) {
	refused := fmt.Errorf("listen: %w", os.NewSyscallError("bind", syscall.EADDRINUSE))
	for name, test := range map[string]struct {
		spoil   func(m *machine, files map[string]string, modes map[string]fs.FileMode, cfg *config.Config)
		check   string
		verdict string
		says    string // in what was found and what to do
	}{
		"no x264": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.encoder = func(name string) bool { return name != "libx264" }
		}, "ffmpeg", verdictFail, "encoder libx264"},
		"FFmpeg 8": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) { m.ffmpeg = "8.0" }, "ffmpeg", verdictWarn, "8.0"},
		"no font": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.chinese = func() bool { return false }
		}, "fonts", verdictWarn, "fonts-noto-cjk"},
		"one CPU": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) { m.cpus = 1 }, "cpu", verdictWarn, "at least 2"},
		"old CPU": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/cpuinfo"] = "model name: avx2\nflags : fpu avx\n"
		}, "cpu", verdictWarn, "without AVX2"},
		"a quota above": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/sys/fs/cgroup/system.slice/cpu.max"] = "150000 100000\n"
			files["/sys/fs/cgroup/system.slice/lianmai.service/cpu.max"] = "400000 100000\n"
		}, "cpu limit", verdictWarn, "1.5 of 8"},
		"GOMAXPROCS": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.env = func(string) string { return "2" }
		}, "gomaxprocs", verdictWarn, "GOMAXPROCS=2"},
		"little memory": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/sys/fs/cgroup/memory.max"] = "536870912\n"
		}, "memory", verdictWarn, "0.5 GiB, by the control group"},
		"no priority": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/self/limits"] = "Max nice priority         0                    0\n"
		}, "priority", verdictWarn, "LimitNICE=-10"},
		"no real-time priority": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/self/limits"] = "Max nice priority         30                   30\nMax realtime priority     0                    0\n"
		}, "priority", verdictWarn, "LimitRTPRIO=1"},
		"few files": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/self/limits"] = "Max open files            1024                 4096                 files\n"
		}, "open files", verdictWarn, "LimitNOFILE"},
		"few threads": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/sys/fs/cgroup/system.slice/pids.max"] = "100\n"
		}, "threads", verdictWarn, "TasksMax"},
		"a taken port, and nobody to ask": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) {
			m.listen = func(string) error { return refused }
			cfg.HTTP = config.Off
		}, "port of rtmp", verdictFail, "not known"},
		"1970": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.now = func() time.Time { return time.Unix(0, 0) }
		}, "clock", verdictFail, "1970"},
		"a clock alone": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.synced = func() (bool, bool) { return false, true }
		}, "clock", verdictWarn, "chrony"},
		"backlog": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/sys/net/core/somaxconn"] = "128\n"
		}, "net.core.somaxconn", verdictWarn, `sysctl -w net.core.somaxconn="1024"`},
		"buffers": {func(_ *machine, files map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			files["/proc/sys/net/ipv4/tcp_wmem"] = "4096 16384 65536\n"
		}, "net.ipv4.tcp_wmem", verdictWarn, `"4096 16384 1048576"`},
		"no data": {func(_ *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) { cfg.Data = "" }, "data", verdictWarn, "none: mixes"},
		"data is to be made": {func(_ *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) {
			cfg.Data = "/data/a/b"
		}, "data", verdictOK, "/data/a/b"},
		"data is a file": {func(_ *machine, _ map[string]string, modes map[string]fs.FileMode, _ *config.Config) {
			modes["/data"] = 0o600
		}, "data", verdictFail, "no folder"},
		"data is read-only": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.writable = func(string) error { return syscall.EROFS }
		}, "data", verdictFail, "read-only"},
		"data is open": {func(_ *machine, _ map[string]string, modes map[string]fs.FileMode, _ *config.Config) {
			modes["/data"] = fs.ModeDir | 0o755
		}, "data", verdictWarn, "chmod 700 /data"},
		"a full disk": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.disk = func(string) (int64, int64, error) { return 1 << 20, 1 << 30, nil }
		}, "data room", verdictFail, "0.0 of 1.0 GiB"},
		"a disk that fills": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.disk = func(string) (int64, int64, error) { return 500 << 20, 1 << 30, nil }
		}, "data room", verdictWarn, "make room"},
		"data in memory": {func(_ *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) {
			cfg.Data = "/mem/x"
		}, "data file system", verdictWarn, "tmpfs"},
		"data on a network": {func(_ *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) {
			cfg.Data = "/net disk"
		}, "data file system", verdictWarn, "nfs4"},
		"a taken port": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.listen = func(addr string) error {
				if addr == "127.0.0.1:9464" {
					return refused
				}
				return nil
			}
		}, "port of metrics", verdictFail, "--metrics HOST:PORT"},
		"it runs already": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.listen = func(string) error { return refused }
			m.served = func(config.Config) string { return "lianmai v1" }
		}, "port of rtmp", verdictOK, "lianmai v1 runs here"},
		"a port below 1024": {func(m *machine, _ map[string]string, _ map[string]fs.FileMode, _ *config.Config) {
			m.listen = func(string) error { return os.NewSyscallError("bind", syscall.EACCES) }
		}, "port of grpc", verdictFail, "NET_BIND_SERVICE"},
		"one port twice": {func(_ *machine, _ map[string]string, _ map[string]fs.FileMode, cfg *config.Config) {
			cfg.HTTP = cfg.GRPC
		}, "port of http", verdictWarn, "--grpc too"},
		"settings of everybody": {func(_ *machine, _ map[string]string, modes map[string]fs.FileMode, _ *config.Config) {
			modes["/etc/lianmai.yaml"] = 0o666
		}, "settings", verdictFail, "chmod o-w"},
	} {
		m, files, modes := goodMachine()
		cfg := goodConfig()
		test.spoil(&m, files, modes, &cfg)
		found := false
		for _, f := range examine(m, cfg, "/etc/lianmai.yaml", nil) {
			if f.Check == test.check {
				found = true
				if f.Verdict != test.verdict || !strings.Contains(f.Found+" "+f.Do, test.says) || (f.Verdict == verdictOK) != (f.Do == "") {
					t.Errorf("%s: %+v", name, f)
				}
			} else if f.Verdict == verdictFail && test.verdict != verdictFail {
				t.Errorf("%s: %+v too", name, f)
			}
		}
		if !found {
			t.Errorf("%s: no check %s", name, test.check)
		}
	}
}

// A machine that shows nothing, such as one that is no Linux, is no reason to fail.
func TestTheDoctorOnAMachineThatShowsNothing(t *testing.T) {
	m, files, _ := goodMachine()
	clear(files)
	m.os = "plan9"
	m.synced = func() (bool, bool) { return false, false }
	for _, f := range examine(m, goodConfig(), "", nil) {
		if f.Verdict != verdictOK {
			t.Errorf("%+v", f)
		}
	}
}

func TestFilesWithSecrets(t *testing.T) {
	for name, test := range map[string]struct {
		mode    fs.FileMode
		key     string
		verdict string
	}{
		"own":               {0o600, "tokens", verdictOK},
		"group":             {0o640, "tls.key", verdictOK},
		"everybody reads":   {0o644, "tokens", verdictFail},
		"a public one":      {0o644, "tls.cert", verdictOK},
		"everybody changes": {0o666, "tls.cert", verdictFail},
	} {
		m, files, modes := goodMachine()
		files["/x"], modes["/x"] = "text", test.mode
		got := checkSecrets(m, map[string]string{test.key: "/x", "log.level": "info"})
		if len(got) != 1 || got[0].Verdict != test.verdict || got[0].Check != test.key {
			t.Errorf("%s: %+v", name, got)
		}
	}
	m, _, _ := goodMachine()
	if got := checkSecrets(m, map[string]string{"tokens": "/none"}); len(got) != 1 || got[0].Verdict != verdictFail {
		t.Errorf("a file that is not there: %+v", got)
	}
	if got := checkSecrets(m, config.Default().Values()); got != nil {
		t.Errorf("without files: %+v", got)
	}
}
