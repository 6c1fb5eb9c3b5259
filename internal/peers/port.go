package peers

import (
	"net"
	"testing"
)

// FreePort returns a TCP port of 127.0.0.1 on which nothing listened a moment ago.
// Another process may take it before the caller does; where the server can take
// port 0 or an open listener, use that instead.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("peers: no free port: %v", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
