package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// elsewhere is a NATS server as an operator would run it, on loopback.
type elsewhere struct {
	options server.Options
	broker  *server.Server
}

// newElsewhere starts a server that the end of the test ends.
func newElsewhere(t *testing.T, options server.Options) *elsewhere {
	options.Host, options.Port, options.NoSigs, options.NoLog = "127.0.0.1", server.RANDOM_PORT, true, true
	options.JetStream, options.StoreDir, options.SyncAlways = true, t.TempDir(), true
	e := &elsewhere{options: options}
	e.start(t)
	t.Cleanup(e.stop)
	return e
}

// start starts the server, at the same port as before.
func (e *elsewhere) start(t *testing.T) {
	t.Helper()
	options := e.options
	broker, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	broker.Start()
	if !broker.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not begin")
	}
	e.broker, e.options.Port = broker, options.Port
}

func (e *elsewhere) stop() {
	e.broker.Shutdown()
	e.broker.WaitForShutdown()
}

// as returns the Config of a node.
func (e *elsewhere) as(node string) Config {
	return Config{URL: e.broker.ClientURL(), Node: node, leaseTTL: time.Second}
}

func TestNodesShareAServer(t *testing.T) {
	e := newElsewhere(t, server.Options{})
	a, b := open(t, e.as("a.1")), open(t, e.as("b"))
	put(t, a, Picture, "logo", []byte("data"))
	mustHave(t, b, Picture, "logo", 1, []byte("data"))

	revision := putMix(t, a, "room", true, "1", 0)
	_, err := b.PutMix(t.Context(), "room", true, []byte("2"), 0)
	if !errors.Is(err, ErrElsewhere) || !strings.Contains(err.Error(), `"a.1"`) {
		t.Errorf("a mix of another node: %v", err)
	}
	putMix(t, b, "own", true, "b", 0)
	wantMixes(t, a, "!room=1")
	wantMixes(t, b, "!own=b")
	if there, err := a.MixesElsewhere(t.Context()); err != nil || len(there) != 1 || there[0].ID != "own" || there[0].Node != "b" {
		t.Errorf("elsewhere: %+v, %v", there, err)
	}
	// When it has ended there, it may begin here.
	revision = putMix(t, a, "room", false, "ended", revision)
	putMix(t, b, "room", true, "3", 0)
	wantMixes(t, a)
	if there, err := b.MixesElsewhere(t.Context()); err != nil || len(there) != 0 {
		t.Errorf("elsewhere: %+v, %v", there, err)
	}
	if err := a.DeleteMix(t.Context(), "room", revision); err != nil {
		t.Error(err)
	}
	wantMixes(t, b, "!own=b", "!room=3")

	happen(t, a, event("room", 1))
	happen(t, b, event("room", 2))
	for s, want := range map[*Store]string{a: "1", b: "2"} {
		got, err := s.EventsOf(t.Context(), "room", 10)
		if err != nil || len(got) != 1 || string(got[0].Data) != want {
			t.Errorf("events of %s: %v, %v", s.Node(), got, err)
		}
	}
	// Who comes later takes nothing of theirs for left over.
	ref := newBlob(Picture, "half")
	if err := a.index.announce(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if _, err := a.blobs.writeChunks(t.Context(), t.Context(), ref, strings.NewReader("half"), 4); err != nil {
		t.Fatal(err)
	}
	open(t, e.as("c"))
	if subjects, err := a.blobs.subjects(t.Context()); err != nil || subjects[a.blobs.chunkSubject(ref)] != 1 {
		t.Errorf("%v, %v", subjects, err)
	}
}

func TestANodeRunsOnce(t *testing.T) {
	e := newElsewhere(t, server.Options{})
	first := open(t, e.as("a"))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, quiet(t, e.as("a")))
	if !errors.Is(err, ErrLeased) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("a second one: %v", err)
	}
	// Who closes gives the lease back.
	opened := make(chan *Store)
	cfg := quiet(t, e.as("a"))
	go func() {
		s, err := Open(context.Background(), cfg)
		if err != nil {
			t.Error(err)
		}
		opened <- s
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := <-opened
	// Whose lease another one has writes no more.
	if _, err := second.lease.keys.keys.Put(t.Context(), "a", []byte(`{"writer":"x"}`)); err != nil {
		t.Fatal(err)
	}
	<-second.Lost()
	if _, err := second.PutMix(t.Context(), "room", true, nil, 0); !errors.Is(err, ErrLeased) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("without the lease: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}

// childNode makes this test binary a child that runs as node "a" at that URL.
const childNode = "LIANMAI_STORE_TEST_NODE"

func runAsNode(url string) {
	s, err := Open(context.Background(), Config{URL: url, Node: "a"})
	if err == nil {
		_, err = s.PutMix(context.Background(), "room", true, []byte("child"), 0)
	}
	fmt.Println("opened", err)
	select {} // until it is killed
}

// TestTheDeadAreNotWaitedFor kills the process that ran as a node. The next one has its
// lease at once, though it holds for leaseTTL.
func TestTheDeadAreNotWaitedFor(t *testing.T) {
	if bootID() == "" {
		t.Skip("the system does not tell who is dead")
	}
	e := newElsewhere(t, server.Options{})
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childNode+"="+e.broker.ClientURL())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "opened <nil>\n" {
		t.Fatalf("%q, %v", line, err)
	}
	cfg := e.as("a")
	cfg.leaseTTL = 0 // the default, as the child
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, quiet(t, cfg)); !errors.Is(err, ErrLeased) {
		t.Fatalf("while it lives: %v", err)
	}
	child.Process.Kill()
	began := time.Now()
	s := open(t, cfg) // a zombie still: nobody has waited for it
	if took := time.Since(began); took > leaseTTL/2 {
		t.Errorf("waited for %v", took)
	}
	wantMixes(t, s, "!room=child")
	child.Wait()
}

func TestAServerThatGoesAndComesBack(t *testing.T) {
	e := newElsewhere(t, server.Options{})
	s := open(t, e.as("a"))
	revision := putMix(t, s, "room", true, "1", 0)
	gone, back := s.server.conn.StatusChanged(nats.RECONNECTING), s.server.conn.StatusChanged(nats.CONNECTED)
	e.stop()
	<-gone
	began := time.Now()
	if _, err := s.PutMix(t.Context(), "room", true, []byte("2"), revision); !errors.Is(err, ErrUnavailable) {
		t.Errorf("without a server: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
	e.start(t)
	<-back
	putMix(t, s, "room", true, "3", revision)
	wantMixes(t, s, "!room=3")
}

func TestOpenElsewhereRefuses(t *testing.T) {
	guarded := newElsewhere(t, server.Options{Username: "u", Password: "hush0815"})
	plain := newElsewhere(t, server.Options{})
	with := func(change func(*Config)) Config {
		cfg := plain.as("a")
		change(&cfg)
		return cfg
	}
	for name, c := range map[string]struct {
		cfg  Config
		is   error
		want string
	}{
		"nobody there":   {with(func(c *Config) { c.URL = "nats://u:hush0815@127.0.0.1:1" }), ErrUnavailable, "no NATS server answers"},
		"a bad password": {with(func(c *Config) { c.URL = strings.Replace(guarded.broker.ClientURL(), "://", "://u:wrong-hush0815@", 1) }), ErrUnavailable, "does not let us in"},
		"no password":    {with(func(c *Config) { c.URL = guarded.broker.ClientURL() }), ErrUnavailable, "does not let us in"},
		"no such file":   {with(func(c *Config) { c.Credentials = "/nowhere" }), ErrUnavailable, "credentials"},
		"no URL":         {with(func(c *Config) { c.URL = "nats://u:hush0815@[::1" }), ErrUnavailable, "NATS"},
		"a bad node":     {with(func(c *Config) { c.Node = "a b" }), ErrName, `"a b"`},
		"a bad prefix":   {with(func(c *Config) { c.Prefix = "A" }), ErrName, "prefix"},
		"two replicas":   {with(func(c *Config) { c.Replicas = 2 }), ErrUnavailable, "1, 3 or 5"},
		"three replicas": {with(func(c *Config) { c.Replicas = 3 }), ErrUnavailable, "replicas"},
	} {
		s, err := Open(t.Context(), quiet(t, c.cfg))
		if !errors.Is(err, c.is) || !strings.Contains(fmt.Sprint(err), c.want) || strings.Contains(fmt.Sprint(err), "hush0815") {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil {
			s.Close()
		}
	}
}
