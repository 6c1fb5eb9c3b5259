package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rtmpModules are where Debian and others keep nginx's RTMP module.
var rtmpModules = [...]string{
	"/usr/lib/nginx/modules/ngx_rtmp_module.so",
	"/usr/lib64/nginx/modules/ngx_rtmp_module.so",
	"/usr/share/nginx/modules/ngx_rtmp_module.so",
}

// portTries is how many free ports are tried, as another process may take one
// before nginx does.
const portTries = 3

// Nginx is an nginx with one RTMP application, "live", on a port of its own.
// Anyone may publish and play any stream name in it, a busy name is refused with
// NetStream.Publish.BadName, and a player may come before its publisher. Not safe
// for concurrent use.
type Nginx struct {
	// URL is where streams are, without a slash at the end: rtmp://127.0.0.1:PORT/live
	URL string

	t       testing.TB
	addr    string
	conf    string
	dir     string
	process *Process
}

// NginxRTMP starts an nginx for this test and returns its base URL; a stream is
// base + "/" + name. It is killed when the test ends.
func NginxRTMP(t testing.TB) string {
	t.Helper()
	return StartNginx(t).URL
}

// StartNginx starts an nginx for this test. Each directive is added to the
// application, such as "drop_idle_publisher 2s".
func StartNginx(t testing.TB, directives ...string) *Nginx {
	t.Helper()
	n := &Nginx{t: t, dir: t.TempDir()}
	n.conf = filepath.Join(n.dir, "nginx.conf")
	for range portTries {
		n.addr = fmt.Sprintf("127.0.0.1:%d", FreePort(t))
		n.URL = "rtmp://" + n.addr + "/live"
		if err := os.WriteFile(n.conf, []byte(n.config(directives)), 0o600); err != nil {
			t.Fatalf("peers: %v", err)
		}
		if n.run() {
			return n
		}
	}
	t.Fatalf("peers: nginx does not start:\n%s", n.process.Stderr())
	return nil
}

// Stop kills nginx; from then on connections to it are refused.
func (n *Nginx) Stop() { n.process.Kill() }

// Restart starts nginx again on the port that it had. Call it only after Stop.
func (n *Nginx) Restart() {
	n.t.Helper()
	if !n.run() {
		n.t.Fatalf("peers: nginx does not start again:\n%s", n.process.Stderr())
	}
}

// run starts nginx and reports whether it listens. nginx says which event method
// it uses right after it has opened its port.
func (n *Nginx) run() bool {
	n.t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		path = "/usr/sbin/nginx" // not in the PATH of ordinary users on Debian
	}
	n.process = start(n.t, exec.Command(path, "-p", n.dir, "-c", n.conf, "-e", "stderr"), "event method")
	select {
	case <-n.process.stderr.seen:
		return true
	case <-n.process.done:
		return false
	}
}

func (n *Nginx) config(directives []string) string {
	n.t.Helper()
	module := ""
	for _, m := range rtmpModules {
		if _, err := os.Stat(m); err == nil {
			module = m
			break
		}
	}
	if module == "" {
		n.t.Fatalf("peers: nginx's RTMP module is not installed (`make deps` installs it)")
	}
	more := ""
	if len(directives) > 0 {
		more = strings.Join(directives, ";\n") + ";"
	}
	return fmt.Sprintf(`load_module %s;
daemon off;
master_process off;
pid %s/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
rtmp {
	access_log off;
	server {
		listen %s;
		application live {
			live on;
			%s
		}
	}
}
`, module, n.dir, n.addr, more)
}
