package rtmp

import (
	"net"
	"syscall"
	"time"
)

// tcpUserTimeout is the socket option TCP_USER_TIMEOUT (tcp(7)).
const tcpUserTimeout = 18

// watchProgress makes the kernel end a connection whose peer has taken nothing of what
// waits to be sent for d. Without it the kernel's buffer hides a peer that takes no
// bytes: a mix of 200 kb/s fills it in half a minute, and only then writes time out.
func watchProgress(tcp *net.TCPConn, d time.Duration) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return // the write timeout remains
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(d.Milliseconds()))
	})
}
