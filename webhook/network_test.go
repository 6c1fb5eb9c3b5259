package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// serve starts a real HTTP server.
func serve(t testing.TB, h http.Handler, tls bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if tls {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// roots returns the authority of a server's certificate.
func roots(server *httptest.Server) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return pool
}

func start(t testing.TB, feed Feed, endpoints ...Endpoint) *Sender {
	t.Helper()
	s, err := Start(feed, endpoints, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestEventsComeInOrderOverTLS(t *testing.T) {
	r := newReceiver(statuses()) // 204 to all
	server := serve(t, r, true)
	feed := newMemory()
	start(t, feed, Endpoint{URL: server.URL + "/hook", Secrets: []Secret{testSecret}, RootCAs: roots(server)})
	const n = 200
	var want []Event
	for range n {
		want = append(want, feed.add(t, "room", &pb.MixEvent{Kind: source, Reason: "Zoë 直播"}))
	}
	for i, got := range r.wait(t, n) {
		if err := Verify(testSecret.Reveal(), got.header, got.body, time.Now(), Tolerance); err != nil {
			t.Fatal(err)
		}
		if got.header.Get("webhook-id") != want[i].id() {
			t.Fatalf("message %d is not event %d", i, i)
		}
	}
}

func TestWhatComesBack(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	}
	elsewhere := newReceiver(nil)
	other := serve(t, elsewhere, false)
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		code    int // 0 for no answer
	}{
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204},
		{"a redirect is not followed", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, 307},
		{"an endless body", endless, 200},
		{"huge headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, 0},
		{"a connection that breaks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
	} {
		server := serve(t, c.handler, false)
		answer, err := Test(t.Context(), Endpoint{URL: server.URL + "/take?token=hush0815", Secrets: []Secret{testSecret}})
		if answer.Code != c.code || (c.code == 0) != (err != nil) || len(answer.Body) > maxAnswer || answer.Taken() != (c.code/100 == 2) {
			t.Errorf("%s: %d, %d bytes, %v", c.name, answer.Code, len(answer.Body), err)
		}
		if err != nil && strings.Contains(err.Error(), "hush0815") {
			t.Errorf("%s: the error has the URL: %v", c.name, err)
		}
	}
	if n := len(elsewhere.all()); n > 0 {
		t.Errorf("the redirect's target got %d requests", n)
	}
}

func TestTheCertificateIsVerified(t *testing.T) {
	r := newReceiver(nil)
	server := serve(t, r, true)
	_, err := Test(t.Context(), Endpoint{URL: server.URL, Secrets: []Secret{testSecret}})
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("an unknown authority: %v", err)
	}
	if answer, err := Test(t.Context(), Endpoint{URL: server.URL, Secrets: []Secret{testSecret}, RootCAs: roots(server)}); err != nil || !answer.Taken() {
		t.Errorf("a known one: %d, %v", answer.Code, err)
	}
	if n := len(r.all()); n != 1 {
		t.Errorf("%d messages came", n)
	}
}

func TestATestMessageIsSignedToo(t *testing.T) {
	r := newReceiver(nil)
	server := serve(t, r, false)
	if _, err := Test(t.Context(), Endpoint{URL: server.URL, Secrets: []Secret{NewSecret(), testSecret}}); err != nil {
		t.Fatal(err)
	}
	got := r.wait(t, 1)[0]
	if err := Verify(testSecret.Reveal(), got.header, got.body, time.Now(), Tolerance); err != nil || typeOf(t, got) != "test" {
		t.Errorf("%v; %s", err, got.body)
	}
}

// An endpoint that accepts connections and is silent holds up neither Close nor others.
func TestCloseDoesNotWaitForASilentEndpoint(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := silent.Accept()
		if err == nil {
			accepted <- conn
		}
	}()
	t.Cleanup(func() { silent.Close() })
	r := newReceiver(nil)
	server := serve(t, r, false)
	feed := newMemory()
	s := start(t, feed, Endpoint{URL: "http://" + silent.Addr().String(), Secrets: []Secret{testSecret}}, Endpoint{URL: server.URL, Secrets: []Secret{testSecret}})
	for range 3 {
		feed.add(t, "room", &pb.MixEvent{Kind: source})
	}
	r.wait(t, 3)
	conn := <-accepted
	defer conn.Close()
	begun := time.Now()
	s.Close()
	if took := time.Since(begun); took > attemptTimeout/2 {
		t.Errorf("Close took %v", took)
	}
	if stats := s.Stats(); stats[0].Delivered != 0 || stats[0].Failed != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestBadEndpoints(t *testing.T) {
	good := []Secret{testSecret}
	many := make([]Endpoint, MaxEndpoints+1)
	for _, c := range []struct {
		name      string
		endpoints []Endpoint
		want      error
	}{
		{"no scheme", []Endpoint{{URL: "example.org/hush0815", Secrets: good}}, ErrURL},
		{"another scheme", []Endpoint{{URL: "ftp://example.org/hush0815", Secrets: good}}, ErrURL},
		{"no host", []Endpoint{{URL: "https:///hush0815", Secrets: good}}, ErrURL},
		{"a password", []Endpoint{{URL: "https://me:hush0815@example.org/", Secrets: good}}, ErrURL},
		{"a fragment", []Endpoint{{URL: "https://example.org/#hush0815", Secrets: good}}, ErrURL},
		{"not a URL", []Endpoint{{URL: "https://exa mple.org/hush0815%zz", Secrets: good}}, ErrURL},
		{"too long", []Endpoint{{URL: "https://example.org/" + strings.Repeat("x", 2048), Secrets: good}}, ErrURL},
		{"no secret", []Endpoint{{URL: "https://example.org/"}}, ErrSecret},
		{"an empty secret", []Endpoint{{URL: "https://example.org/", Secrets: []Secret{{}}}}, ErrSecret},
		{"an unknown kind", []Endpoint{{URL: "https://example.org/", Secrets: good, Events: []string{"mix_begun"}}}, ErrKind},
		{"the same URL twice", []Endpoint{{URL: "https://example.org/", Secrets: good}, {URL: "https://example.org/", Secrets: good}}, ErrEndpoints},
		{"too many", many, ErrEndpoints},
	} {
		_, err := Start(newMemory(), c.endpoints, slog.New(slog.DiscardHandler))
		if !errors.Is(err, c.want) || strings.Contains(err.Error(), "hush0815") {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	_, err := Start(newMemory(), []Endpoint{{URL: "ftp://x", Secrets: good}, {URL: "https://x"}}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, ErrURL) || !errors.Is(err, ErrSecret) {
		t.Errorf("two faults: %v", err)
	}
}

// Names are under which the feed knows who follows: they must be the same in every
// process, and tell nothing.
func TestNamesAreStable(t *testing.T) {
	s, err := newSender([]Endpoint{{URL: hookURL, Secrets: []Secret{testSecret}}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if f := s.followers[0]; f.name != "webhook-505fdc75727d" || f.shown != "hooks.example.org#505f" {
		t.Errorf("%s, %s", f.name, f.shown)
	}
	e := Event{Seq: 1, Mix: "room", Time: time.Unix(1, 2), Data: []byte{1}}
	same, others := e, []Event{e, e, e, e}
	same.Time = same.Time.UTC()
	others[0].Seq, others[1].Mix, others[2].Time, others[3].Data = 2, "room2", time.Unix(1, 3), []byte{2}
	if same.id() != e.id() {
		t.Error("the same event has two ids")
	}
	for i, other := range others {
		if other.id() == e.id() {
			t.Errorf("another event (%d) has the same id", i)
		}
	}
}

// brokenFeed is a Feed that breaks off a few times.
type brokenFeed struct {
	*memory
	left int
}

func (b *brokenFeed) Follow(ctx context.Context, name string, handle func(context.Context, Event) error) error {
	if b.left--; b.left >= 0 {
		return errors.New("the disk is full")
	}
	return b.memory.Follow(ctx, name, handle)
}

func TestAFeedThatBreaksOffIsFollowedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed, r := &brokenFeed{newMemory(), 3}, newReceiver(nil)
		s := startInMemory(t, feed, io.Discard, map[string]http.Handler{hookURL: r}, Endpoint{URL: hookURL, Secrets: []Secret{testSecret}})
		defer s.Close()
		feed.add(t, "room", &pb.MixEvent{Kind: started, Time: timestamppb.Now()})
		if got := r.wait(t, 1); typeOf(t, got[0]) != "mix_started" {
			t.Errorf("got %s", got[0].body)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte("\x08\x01\x20\x04"), "room")
	f.Add([]byte("\x4a\x02\xff\xff"), "\xff")
	f.Fuzz(func(t *testing.T, data []byte, mix string) {
		e := Event{Seq: 1, Mix: mix, Time: time.Unix(1, 0), Data: data}
		happened, err := e.parse()
		if err != nil {
			return
		}
		m, err := e.message(happened)
		if err == nil && len(m.body) == 0 {
			t.Error("an empty message")
		}
	})
}
