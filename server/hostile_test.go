package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// What a hostile caller may cost.
const (
	hostileConns  = 10_000
	hostileMemory = 64 << 20 // bytes of Go's heap and stacks, beyond what there was
)

// hostileBench is a guarded bench behind limits, as `lianmai serve` has them by default.
func hostileBench(t *testing.T) (*bench, callers) {
	return guardedBench(t, guard.DefaultCalls, func(b *bench) {
		b.change = append(b.change, func(c *Config) {
			c.GRPC, c.HTTP = guard.Limit(c.GRPC, guard.ConnLimits{}, c.Log), guard.Limit(c.HTTP, guard.ConnLimits{}, c.Log)
			gate, err := guard.Policy{Origin: "127.0.0.1:1935"}.Gate()
			if err != nil {
				t.Fatal(err)
			}
			c.Gate = gate
		})
	})
}

// goodCaller calls until stop is closed, and reports how many calls were answered and
// the slowest of them. A call that fails fails the test.
func goodCaller(t *testing.T, b *bench, token string, stop <-chan struct{}) (answered int, slowest time.Duration) {
	ctx := as(t, token)
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-stop:
			return answered, slowest
		case <-pace.C:
		}
		limited, cancel := context.WithTimeout(ctx, 10*time.Second)
		began := time.Now()
		_, err := b.ListMixes(limited, &pb.ListMixesRequest{})
		slowest = max(slowest, time.Since(began))
		cancel()
		if err != nil {
			t.Errorf("the good caller got %v", err)
			return answered, slowest
		}
		answered++
	}
}

// memory returns what Go has from the system for heap and stacks, after a collection.
func memory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// descriptors raises the limit of open files as far as it goes, and returns how many
// connections a test may open on top of the service's own.
func descriptors(t *testing.T) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Logf("raising the limit of open files: %v", err)
	}
	return min(hostileConns, int(limit.Cur)-2*guard.DefaultConns-500)
}

// attack opens n connections from another address of loopback and sends first on each.
// They stay open until the test ends, if the service lets them.
func attack(t *testing.T, address, first string, n int) (opened int) {
	t.Helper()
	var mu sync.Mutex
	var conns []net.Conn
	t.Cleanup(func() {
		for _, nc := range conns {
			nc.Close()
		}
	})
	var next atomic.Int64
	var work sync.WaitGroup
	for range 16 {
		work.Go(func() {
			for {
				i := next.Add(1)
				if i > int64(n) {
					return
				}
				d := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i%2))}}
				nc, err := d.Dial("tcp", address)
				if err != nil {
					continue // reset at once
				}
				_, _ = io.WriteString(nc, first) // or closed at once
				mu.Lock()
				conns = append(conns, nc)
				mu.Unlock()
			}
		})
	}
	work.Wait()
	return len(conns)
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Ten thousand connections, half of them to gRPC and half to HTTP, each of which begins
// to say something and does not go on: some are closed at once, the rest after the time that
// a handshake may take, and a good caller gets answers all the while.
func TestHostileConnections(t *testing.T) {
	b, tokens := hostileBench(t)
	token := tokens[guard.Scopes(guard.Read)]
	if _, err := b.ListMixes(as(t, token), &pb.ListMixesRequest{}); err != nil {
		t.Fatal(err)
	}
	before, n := memory(), descriptors(t)
	stop := make(chan struct{})
	var caller sync.WaitGroup
	var answered int
	var slowest time.Duration
	caller.Go(func() { answered, slowest = goodCaller(t, b, token, stop) })

	grpcAddr := b.server.lisGRPC.Addr().String()
	opened := attack(t, grpcAddr, preface[:20], n/4)
	opened += attack(t, grpcAddr, preface+"\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x40\x00\x01", n/4) // settings, then half a header
	opened += attack(t, b.http, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", n/2)
	grew := int64(memory()) - int64(before)
	grpcOpen, grpcClosed := b.server.lisGRPC.(*guard.Listener).Counts()
	httpOpen, httpClosed := b.server.lisHTTP.(*guard.Listener).Counts()
	t.Logf("%d of %d connections opened (limit of open files allows %d); gRPC keeps %d and closed %d at once, HTTP %d and %d; memory grew by %.1f MiB",
		opened, n, n, grpcOpen, grpcClosed, httpOpen, httpClosed, float64(grew)/(1<<20))
	if grpcOpen > 2*guard.DefaultConnsPerAddr+1 || httpOpen > 2*guard.DefaultConnsPerAddr {
		t.Error("more connections stay open than one address may have")
	}
	if grew > hostileMemory {
		t.Errorf("memory grew by %d bytes, more than %d", grew, hostileMemory)
	}
	// Probes from elsewhere are answered.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Get("http://" + b.http + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("health: %v, %v", resp, err)
	} else {
		resp.Body.Close()
	}
	// Slow ones are ended: headers of HTTP within 5 s, a preface within 10.
	deadline, look := time.After(2*handshakeTimeout), time.NewTicker(100*time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting && httpOpen > 1; {
		select {
		case <-look.C:
		case <-deadline:
			waiting = false
		}
		httpOpen, _ = b.server.lisHTTP.(*guard.Listener).Counts()
	}
	if httpOpen > 1 {
		t.Errorf("%d slow requests are still open", httpOpen)
	}
	close(stop)
	caller.Wait()
	t.Logf("the good caller got %d answers, the slowest after %v", answered, slowest.Round(time.Millisecond))
	if answered < 50 || slowest > 5*time.Second {
		t.Errorf("the good caller got %d answers, the slowest after %v", answered, slowest)
	}
}

// A preface that does not end, ends the connection.
func TestHostileSlowHandshake(t *testing.T) {
	b, _ := hostileBench(t)
	nc, err := net.Dial("tcp", b.server.lisGRPC.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, preface[:10]); err != nil {
		t.Fatal(err)
	}
	_ = nc.SetReadDeadline(time.Now().Add(2 * handshakeTimeout))
	_, err = io.Copy(io.Discard, bufio.NewReader(nc))
	if timeout := (net.Error)(nil); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the connection stays open")
	}
}

// Whoever has no token cannot make the service read what it sends.
func TestHostileMessages(t *testing.T) {
	b, tokens := hostileBench(t)
	huge := duet("room")
	huge.Participants[0].DisplayName = strings.Repeat("a", 8<<20)
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: huge})
	if code := status.Code(err); code != codes.Unauthenticated {
		t.Errorf("a huge message without a token: %v", err)
	}
	mixer := as(t, tokens[guard.Scopes(guard.Mix)])
	_, err = b.StartMix(mixer, &pb.StartMixRequest{Spec: huge})
	wantCode(t, err, codes.ResourceExhausted)

	before := memory()
	var refused atomic.Int64
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			for range 250 {
				_, err := b.ListMixes(as(t, fmt.Sprintf("lianmai_guess_%d", i)), &pb.ListMixesRequest{})
				if code := status.Code(err); code == codes.Unauthenticated || code == codes.ResourceExhausted {
					refused.Add(1)
				}
			}
		})
	}
	work.Wait()
	grew := int64(memory()) - int64(before)
	t.Logf("%d of 2000 wrong tokens refused; memory grew by %.1f MiB", refused.Load(), float64(grew)/(1<<20))
	if refused.Load() != 2000 || grew > hostileMemory {
		t.Errorf("%d refused, %d bytes more", refused.Load(), grew)
	}
	if n := strings.Count(b.log.String(), "call refused"); n > 60 {
		t.Errorf("%d lines in the log", n)
	}
	if strings.Contains(b.log.String(), "lianmai_guess") {
		t.Error("a token is in the log")
	}
	if _, err := b.ListMixes(mixer, &pb.ListMixesRequest{}); err != nil {
		t.Errorf("the good caller got %v", err)
	}
}

// SSRF: URLs that lead inside are refused with the name of their field.
func TestHostileURLs(t *testing.T) {
	b, tokens := hostileBench(t)
	ctx := as(t, tokens[guard.Scopes(guard.Mix)])
	good := func() *pb.MixSpec {
		s := duet("room")
		s.Participants[1].Url, s.Outputs[0].Url = "rtmps://cdn.example.com/live/ben", "rtmp://cdn.example.com/out/mix"
		return s
	}
	if _, err := b.StartMix(ctx, &pb.StartMixRequest{Spec: good()}); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"127.0.0.1:6379", "localhost:80", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "169.254.169.254:80", "10.0.0.1",
		"[::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:a9fe:a9fe]", "[64:ff9b::10.0.0.1]", "[fe80::1]", "[fd00:ec2::254]:80", "100.64.0.1", "１２７.0.0.1",
		"user@127.0.0.1:80", "cdn.example.com@127.0.0.1:80",
	} {
		url := "rtmp://" + host + "/live/x?key=" + secret
		for field, spoil := range map[string]func(*pb.MixSpec){
			"spec.participants[0].url": func(s *pb.MixSpec) { s.Participants[0].Url = url },
			"spec.outputs[0].url":      func(s *pb.MixSpec) { s.Outputs[0].Url = url },
			"spec.music[0].url": func(s *pb.MixSpec) {
				s.Music = []*pb.MusicTrack{{Name: "bed", Source: &pb.MusicTrack_Url{Url: url}}}
			},
		} {
			spec := good()
			spoil(spec)
			_, err := b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: spec})
			if found := violations(err); status.Code(err) != codes.InvalidArgument || found[field] == "" || len(found) != 1 {
				t.Errorf("%s = %s: %v", field, host, err)
			} else if strings.Contains(err.Error(), secret) {
				t.Errorf("the error has the secret: %v", err)
			}
		}
		_, err := b.PlayMusic(ctx, &pb.PlayMusicRequest{Id: "room", Track: &pb.MusicTrack{Name: "bed", Source: &pb.MusicTrack_Url{Url: url}}})
		if found := violations(err); status.Code(err) != codes.InvalidArgument || found["track.url"] == "" {
			t.Errorf("music from %s: %v", host, err)
		}
	}
}

// Names that are paths reach nothing.
func TestHostileNames(t *testing.T) {
	b, tokens := hostileBench(t)
	mix, template := as(t, tokens[guard.Scopes(guard.Mix)]), as(t, tokens[guard.Scopes(guard.Template)])
	for _, name := range []string{
		"../x", "..", ".", "a/b", "/etc/passwd", "a\\b", "a\x00b", "%2e%2e%2f", strings.Repeat("a", 65), "ａ", "a\u202eb", "a\n", " a", "-a", ".a",
	} {
		spec := duet("room")
		spec.Id = name
		calls := map[string]func() error{
			"start":  func() error { _, err := b.StartMix(mix, &pb.StartMixRequest{Spec: spec}); return err },
			"get":    func() error { _, err := b.GetMix(mix, &pb.GetMixRequest{Id: name}); return err },
			"delete": func() error { _, err := b.DeleteTemplate(template, &pb.DeleteTemplateRequest{Name: name}); return err },
			"template": func() error {
				_, err := b.GetTemplate(template, &pb.GetTemplateRequest{Name: name})
				return err
			},
			"asset": func() error {
				stream, err := b.GetAsset(template, &pb.GetAssetRequest{Name: name})
				if err == nil {
					_, err = stream.Recv()
				}
				return err
			},
			"upload": func() error {
				stream, err := b.UploadAsset(template)
				if err != nil {
					return err
				}
				_ = stream.Send(&pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: &pb.UploadAssetOpen{Name: name}}})
				_, err = stream.CloseAndRecv()
				return err
			},
		}
		for what, call := range calls {
			if code := status.Code(call()); code != codes.InvalidArgument {
				t.Errorf("%s %q: %v", what, name, code)
			}
		}
	}
}
