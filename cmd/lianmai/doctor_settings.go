package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/lianmai/lianmai/config"
)

// comfortable is how much room --data should have, in bytes: for a few long sounds.
const comfortable = 1 << 30

// Rights of others in the mode of a file.
const (
	othersRead    fs.FileMode = 0o004
	othersWrite   fs.FileMode = 0o002
	groupOrOthers fs.FileMode = 0o077
)

// checkSettings says what config.Load had to say.
func checkSettings(m machine, path string, loadErr error) finding {
	const name = "settings"
	if loadErr != nil {
		return fail(name, strings.ReplaceAll(loadErr.Error(), "\n", "; "), "correct them: serve does not start")
	}
	if path == "" {
		return fine(name, "no file; defaults, environment and flags")
	}
	info, err := m.stat(path)
	if err == nil && info.Mode()&othersWrite != 0 {
		return fail(name, path+" can be written by everybody", "chmod o-w "+path)
	}
	return fine(name, path)
}

// checkPublishKey warns of a secret that stands in settings which everybody can read.
func checkPublishKey(m machine, path string, publish config.Publish) []finding {
	info, err := m.stat(path)
	if publish.Key == "" || path == "" || err != nil || info.Mode()&othersRead == 0 {
		return nil
	}
	return []finding{fail("publish.key", path+" has the secret and can be read by everybody", "put it into a file of its own, publish.keys, and make a new one")}
}

// checkData looks at the folder of what is kept.
func checkData(m machine, dir, nats string) []finding {
	const name = "data"
	if dir == "" && nats != "" {
		return nil // everything is kept there
	}
	if dir == "" {
		return []finding{warn(name, "none: mixes, templates, pictures and sounds are gone when the service ends", "set data: /var/lib/lianmai, or wherever there is a disk")}
	}
	there := dir
	info, err := m.stat(dir)
	for errors.Is(err, fs.ErrNotExist) && there != filepath.Dir(there) {
		there = filepath.Dir(there) // serve makes what is missing
		info, err = m.stat(there)
	}
	switch {
	case err != nil:
		return []finding{fail(name, err.Error(), "make it, owned by the user that runs the service")}
	case !info.IsDir():
		return []finding{fail(name, there+" is no folder", "name another with --data")}
	}
	if err := m.writable(there); err != nil {
		return []finding{fail(name, err.Error(), "give it to the user that runs the service, and see that the disk has room and is not read-only")}
	}
	findings := []finding{fine(name, dir)}
	if there == dir && info.Mode()&groupOrOthers != 0 {
		// Specs are kept there, and their URLs carry signatures.
		findings[0] = warn(name, fmt.Sprintf("%s is open to others (%v)", dir, info.Mode().Perm()), "chmod 700 "+dir+": URLs with their signatures are kept there")
	}
	return append(findings, checkRoom(m, there), checkFileSystem(m, there))
}

func checkRoom(m machine, dir string) finding {
	const name = "data room"
	free, size, err := m.disk(dir)
	if err != nil {
		return warn(name, "not known: "+err.Error(), "see that the disk has 1 GiB free")
	}
	found := fmt.Sprintf("%.1f of %.1f GiB free", float64(free)/(1<<30), float64(size)/(1<<30))
	switch {
	case free < leastFree:
		return fail(name, found, "make room: serve refuses changes below 64 MiB")
	case free < comfortable:
		return warn(name, found, "make room: sounds need up to 200 MB each")
	}
	return fine(name, found)
}

// checkFileSystem warns of file systems that do not keep what is written.
func checkFileSystem(m machine, dir string) finding {
	const name = "data file system"
	kind := fileSystemOf(m, dir)
	switch kind {
	case "":
		return fine(name, "not known")
	case "tmpfs", "ramfs":
		return warn(name, kind+": gone when the machine restarts", "name a folder on a disk")
	case "overlay":
		return warn(name, kind+": gone with the container", "mount a volume there")
	case "nfs", "nfs4", "cifs", "smb3", "9p", "fuse.s3fs":
		return warn(name, kind+": slow to be written safely, and a network that hangs stops changes", "use a local disk or a block volume")
	}
	return fine(name, kind)
}

// fileSystemOf returns the kind of the file system that dir is on, empty if it is not
// known. Of mounts one over the other the last counts.
func fileSystemOf(m machine, dir string) (kind string) {
	mounts, err := m.read("/proc/self/mountinfo")
	if err != nil {
		return ""
	}
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	longest := 0
	for line := range strings.Lines(mounts) {
		head, tail, ok := strings.Cut(line, " - ")
		where, what := strings.Fields(head), strings.Fields(tail)
		if !ok || len(where) < 5 || len(what) < 1 {
			continue
		}
		point := strings.ReplaceAll(where[4], `\040`, " ")
		under := dir == point || strings.HasPrefix(dir, strings.TrimSuffix(point, "/")+"/")
		if under && len(point) >= longest {
			longest, kind = len(point), what[0]
		}
	}
	return kind
}

// checkPorts looks whether the listeners can be opened. Those of a service that runs
// already cannot, and should not.
func checkPorts(m machine, cfg config.Config) (findings []finding) {
	listeners := []struct{ flag, addr string }{{"grpc", cfg.GRPC}, {"http", cfg.HTTP}, {"rtmp", cfg.RTMP}}
	if addr, own := cfg.MetricsAddr(); own {
		listeners = append(listeners, struct{ flag, addr string }{"metrics", addr})
	}
	if addr, enabled := cfg.PProfAddr(); enabled {
		listeners = append(listeners, struct{ flag, addr string }{"pprof", addr})
	}
	asked, running := false, ""
	ours := map[string]string{} // flag by port
	for _, l := range listeners {
		name := "port of " + l.flag
		if !config.Enabled(l.addr) {
			continue
		}
		_, port, _ := net.SplitHostPort(l.addr) // Load has checked it
		if other := ours[port]; other != "" && port != "0" {
			findings = append(findings, warn(name, l.addr+" is that of "+other+" too", "give each a port of its own with --"+l.flag))
			continue
		}
		ours[port] = "--" + l.flag
		err := m.listen(l.addr)
		if err != nil && !asked {
			asked, running = true, m.served(cfg)
		}
		switch {
		case err == nil:
			findings = append(findings, fine(name, l.addr+" is free"))
		case errors.Is(err, syscall.EADDRINUSE) && running != "":
			findings = append(findings, fine(name, l.addr+" is taken; "+running+" runs here"))
		case errors.Is(err, syscall.EADDRINUSE) && !config.Enabled(cfg.HTTP):
			findings = append(findings, fail(name, l.addr+" is taken; whether by lianmai is not known, as http is off", "if it is another program, end that, or choose another with --"+l.flag+" HOST:PORT"))
		case errors.Is(err, syscall.EADDRINUSE):
			findings = append(findings, fail(name, l.addr+" is taken by another program", "end that, or choose another with --"+l.flag+" HOST:PORT"))
		case errors.Is(err, syscall.EACCES):
			findings = append(findings, fail(name, l.addr+" may not be listened on", "choose a port above 1023, or give the capability NET_BIND_SERVICE"))
		default:
			findings = append(findings, fail(name, l.addr+": "+err.Error(), "name an address of this machine with --"+l.flag))
		}
	}
	return findings
}

// settingsFiles are the settings that name a file, and whether what is in it is secret.
var settingsFiles = []struct {
	key    string
	secret bool
}{
	{"tokens", true}, {"publish.keys", true},
	{"tls.cert", false}, {"tls.key", true}, {"tls.client-ca", false},
}

// checkSecrets looks at the files that the settings name.
func checkSecrets(m machine, values map[string]string) (findings []finding) {
	for _, f := range settingsFiles {
		if path := values[f.key]; path != "" {
			findings = append(findings, checkSettingsFile(m, f.key, f.key, path, f.secret))
		}
	}
	slices.SortFunc(findings, func(a, b finding) int { return cmp.Compare(a.Check, b.Check) })
	return findings
}

// checkSettingsFile looks at a file that the settings name: it can be read by the service, if it
// is secret by nobody else, and has in it what a file of that kind has.
func checkSettingsFile(m machine, name, kind, path string, secret bool) finding {
	info, err := m.stat(path)
	if err == nil {
		_, err = m.read(path)
	}
	switch {
	case err != nil:
		return fail(name, err.Error(), "put the file there, to be read by the user that runs the service")
	case info.Mode()&othersWrite != 0:
		return fail(name, path+" can be written by everybody", "chmod 600 "+path+", and make new secrets")
	case secret && info.Mode()&othersRead != 0:
		return fail(name, path+" can be read by everybody", "chmod 600 "+path+", and make new secrets")
	}
	found, err := m.holds(kind, path)
	if err != nil {
		return fail(name, plainly(err), "correct the file: serve does not start")
	}
	return fine(name, found)
}
