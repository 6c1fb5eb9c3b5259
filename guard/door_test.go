package guard

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// addToken makes a token in the file at path.
func addToken(t *testing.T, path, name string, scopes Scopes) string {
	t.Helper()
	token, hash := NewToken()
	entry, err := NewEntry(name, hash, scopes, time.Now())
	if err == nil {
		err = AddEntry(path, entry)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokensAreKeptHashedAndRevocable(t *testing.T) {
	path := inFolder(t, "tokens.yaml")
	mix := addToken(t, path, "mixer", Scopes(Mix))
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), mix) || strings.Contains(string(text), mix[len(tokenPrefix):]) {
		t.Fatalf("the file holds the token: %v\n%s", err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	k, err := OpenKeyring(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	k.file.now = func() time.Time { return now }
	p, ok := k.Token(mix)
	if !ok || p.Name != "mixer" || !p.Scopes.Has(Mix) || !p.Scopes.Has(Read) || p.Scopes.Has(Template) {
		t.Errorf("%+v, %v", p, ok)
	}
	for _, wrong := range []string{"", mix[:len(mix)-1], mix + "x", HashOf(mix).String(), strings.Repeat("x", maxToken+1)} {
		if _, ok := k.Token(wrong); ok {
			t.Errorf("%q was taken", wrong)
		}
	}
	// A second token, then without the first: no restart.
	read := addToken(t, path, "reader", Scopes(Read))
	now = now.Add(lookEvery)
	if _, ok := k.Token(read); !ok {
		t.Error("a new token is not known")
	}
	f, err := load(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, fmt.Sprintf("tokens: [{name: reader, hash: %q, scopes: [read]}]\n", f.Tokens[1].Hash))
	now = now.Add(lookEvery)
	if _, ok := k.Token(mix); ok || k.Still(p, Mix) {
		t.Error("a revoked token is taken")
	}
	// A file that is wrong, or gone, leaves what there was.
	write(t, path, "tokens: [{name: reader")
	if err := k.Reload(); !errors.Is(err, ErrFile) {
		t.Errorf("reload: %v", err)
	}
	os.Remove(path)
	now = now.Add(lookEvery)
	if _, ok := k.Token(read); !ok {
		t.Error("without its file the keyring is empty")
	}
}

func TestBadTokenFiles(t *testing.T) {
	good := HashOf("x").String()
	for text, want := range map[string]string{
		"tokens: [{name: a, hash: x, scopes: [mix]}]":                   "hash",
		"tokens: [{name: a, hash: '" + good + "', scopes: [all]}]":      "scope \"all\"",
		"tokens: [{name: a, hash: '" + good + "', scopes: []}]":         "no scopes",
		"tokens: [{name: '../a', hash: '" + good + "', scopes: [mix]}]": "name",
		"tokens: [{name: a, hash: '" + good + "', scope: [mix]}]":       "scope not found",
		"token: []": "token not found",
		"tokens: [{name: a, hash: '" + good + "', scopes: [mix]}, {name: b, hash: '" + good + "', scopes: [read]}]": "another token has the hash",
		"certificates: [{name: '', scopes: [mix]}]":                                                                 "no name",
		strings.Repeat("#", maxFile+1):                                                                              "larger",
	} {
		path := inFolder(t, "tokens.yaml")
		write(t, path, text)
		if _, err := OpenKeyring(path, quiet); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v", text, err)
		}
	}
	if _, err := OpenKeyring(inFolder(t, "none"), quiet); !errors.Is(err, ErrFile) {
		t.Errorf("no file: %v", err)
	}
}

func TestDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := inFolder(t, "tokens.yaml")
		read := addToken(t, path, "reader", Scopes(Read))
		keys, err := OpenKeyring(path, quiet)
		if err != nil {
			t.Fatal(err)
		}
		d := NewDoor(DoorConfig{Keys: keys, Calls: 10, Log: quiet})
		peer := netip.MustParseAddr("192.0.2.1")
		enter := func(authorization string, need Scope) error {
			_, err := d.Enter(Visitor{Authorization: authorization, Peer: peer, Need: need, What: "/call"})
			return err
		}
		if err := enter("", Read); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "authorization: Bearer TOKEN") {
			t.Errorf("no token: %v", err)
		}
		if err := enter("Basic "+read, Read); !errors.Is(err, ErrUnknown) {
			t.Errorf("another scheme: %v", err)
		}
		if err := enter("Bearer "+read, Mix); !errors.Is(err, ErrScope) || !strings.Contains(err.Error(), "scope mix") || !strings.Contains(err.Error(), "has read") {
			t.Errorf("too little: %v", err)
		}
		if err := enter("", 0); err != nil {
			t.Errorf("health: %v", err)
		}
		// After a few failures the address hears that it is too many; a good token is
		// taken all the same.
		var busy Busy
		for range 3 {
			err = enter("Bearer lianmai_wrong", Read)
		}
		if !errors.As(err, &busy) || busy.Wait <= 0 || busy.Wait > time.Second {
			t.Errorf("after many failures: %v", err)
		}
		if err := enter("bearer "+read, Read); err != nil {
			t.Errorf("a good token after many failures: %v", err)
		}
		// Twice ten at once, then ten a second.
		refused := 0
		for range 30 {
			if errors.Is(enter("Bearer "+read, Read), ErrRate) {
				refused++
			}
		}
		time.Sleep(time.Second) // of the bubble
		again := 0
		for range 20 {
			if enter("Bearer "+read, Read) == nil {
				again++
			}
		}
		if refused != 12 || again != 10 {
			t.Errorf("refused %d of 30 after two, let in %d a second later", refused, again)
		}
	})
}

func TestCertificates(t *testing.T) {
	cert := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "studio"}, DNSNames: []string{"a.example.com"}}
	all, err := OpenKeyring("", quiet)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDoor(DoorConfig{Keys: all, Certificates: true, Log: quiet})
	if p, err := d.Enter(Visitor{Certificate: cert, Need: Mix}); err != nil || p.Name != "studio" || p.Scopes != Everything || !d.Still(p, Template) {
		t.Errorf("without a list: %+v, %v", p, err)
	}
	if _, err := d.Enter(Visitor{Need: Read}); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "client certificate") {
		t.Errorf("without a certificate: %v", err)
	}
	path := inFolder(t, "tokens.yaml")
	write(t, path, "certificates: [{name: a.example.com, scopes: [template]}]\n")
	some, err := OpenKeyring(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	d = NewDoor(DoorConfig{Keys: some, Certificates: true, Log: quiet})
	if p, err := d.Enter(Visitor{Certificate: cert, Need: Template}); err != nil || p.Name != "a.example.com" || d.Still(p, Mix) {
		t.Errorf("on the list: %+v, %v", p, err)
	}
	if _, err := d.Enter(Visitor{Certificate: &x509.Certificate{SerialNumber: big.NewInt(8)}, Need: Read}); !errors.Is(err, ErrUnknown) {
		t.Errorf("not on the list: %v", err)
	}
}

func TestRatesForgetTheOldest(t *testing.T) {
	r := NewRates(1)
	for i := range 3 * maxRated {
		r.Take(fmt.Sprint(i))
	}
	if r.Len() != maxRated || len(r.byName) != maxRated {
		t.Errorf("%d callers are remembered, %d by name", r.Len(), len(r.byName))
	}
}

func TestListenerLimits(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := Limit(inner, ConnLimits{Total: 2, PerAddr: 1}, quiet)
	defer l.Close()
	accepted := make(chan net.Conn, 4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- nc
		}
	}()
	dial := func() net.Conn {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { nc.Close() })
		return nc
	}
	dial()
	first := <-accepted
	if nc, err := net.Dial("tcp", l.Addr().String()); err == nil { // or reset at once
		if _, err := nc.Read(make([]byte, 1)); err == nil {
			t.Error("a second connection of one address stays open")
		}
		nc.Close()
	}
	first.Close()
	first.Close() // counts once
	dial()
	second := <-accepted
	if open, closed := l.Counts(); open != 1 || closed != 1 {
		t.Errorf("%d open, %d closed at once", open, closed)
	}
	second.Close()
	if open, _ := l.Counts(); open != 0 || len(l.byAddr) != 0 {
		t.Errorf("%d open at the end, %v", open, l.byAddr)
	}
	l.Close()
	<-done
}

func TestStreamKeys(t *testing.T) {
	path := inFolder(t, "keys.txt")
	write(t, path, "# the new one first\nsecret-number-two-0002\n\nsecret-number-one-0001\n")
	k, err := OpenStreamKeys(path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_764_000_000, 0)
	k.now = func() time.Time { return now }
	old, err := NewStreamKeys("secret-number-one-0001")
	if err != nil {
		t.Fatal(err)
	}
	forever, soon := k.Pair(Publish, "live/host", time.Time{}), k.Pair(Publish, "live/host", now.Add(time.Minute))
	// What a platform in another language has to make.
	if want := "key=1764000060-86"; !strings.HasPrefix(soon, want[:14]) {
		t.Errorf("key: %s", soon)
	}
	for query, want := range map[string]bool{
		forever: true, soon: true, "a=b&" + soon + "&c": true, old.Pair(Publish, "live/host", time.Time{}): true,
		"": false, "key": false, "key=": false, "key=0-": false, "key=0-00": false, forever + "0": false,
		k.Pair(Publish, "live/other", time.Time{}): false, k.Pair(Play, "live/host", time.Time{}): false,
		k.Pair(Publish, "live/host", now): false, "key=1764000061" + soon[14:]: false,
		"key=" + strings.Repeat("0", 1000): false, "key=%zz": false,
	} {
		if err := k.Check(Publish, "live/host", query); (err == nil) != want {
			t.Errorf("%q: %v", query, err)
		} else if err != nil && (!errors.Is(err, ErrStreamKey) || len(query) > 8 && strings.Contains(err.Error(), query)) {
			t.Errorf("%q: %v", query, err)
		}
	}
	for _, bad := range []string{"", "short", strings.Repeat("secret-number-one-0001\n", maxSecrets+1)} {
		write(t, path, bad)
		if err := k.Reload(); !errors.Is(err, ErrFile) || strings.Contains(err.Error(), "short") {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if err := k.Check(Publish, "live/host", forever); err != nil {
		t.Errorf("after bad files: %v", err)
	}
}
