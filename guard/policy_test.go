package guard

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	"pgregory.net/rapid"
)

func gate(t testing.TB, p Policy) *Gate {
	t.Helper()
	text, err := json.Marshal(p) // as a child process gets it
	if err != nil {
		t.Fatal(err)
	}
	var again Policy
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	g, err := again.Gate()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// shut are spellings of addresses that nobody outside should reach.
var shut = []string{
	"127.0.0.1:80", "127.1.2.3:80", "127.0.0.1.:80", "localhost:80", "LOCALHOST.:80", "a.localhost:80",
	"2130706433:80", "0x7f000001:80", "0x7f.0.0.1:80", "0177.0.0.1:80", "017700000001:80", "127.1:80", "127.0.1:80", "0:80",
	"1.2.3.4.5:80", "999.1.1.1:80", "１２７.0.0.1:80", "①②⑦.0.0.1:80", "127。0。0。1:80",
	"10.0.0.1:80", "172.16.0.1:80", "172.31.255.255:80", "192.168.1.1:80", "100.64.0.1:80", "100.127.255.255:80",
	"169.254.169.254:80", "[fe80::1]:80", "[fe80::1%eth0]:80", "[fd00:ec2::254]:80", "[fc00::1]:80", "[fec0::1]:80",
	"0.0.0.0:80", "[::]:80", "[::1]:80", "224.0.0.1:80", "[ff02::1]:80", "255.255.255.255:80", "240.0.0.1:80",
	"192.0.0.8:80", "192.0.2.1:80", "198.18.0.1:80", "203.0.113.9:80", "[2001:db8::1]:80", "[100::1]:80", "[4000::1]:80",
	"[::ffff:127.0.0.1]:80", "[::ffff:7f00:1]:80", "[::ffff:169.254.169.254]:80", "[::127.0.0.1]:80", "[::7f00:1]:80",
	"[64:ff9b::10.0.0.1]:80", "[64:ff9b::a9fe:a9fe]:80", "[64:ff9b:1::1]:80", "[2002:7f00:1::]:80", "[2002:a00:1::1]:80",
	"[::ffff:0:127.0.0.1]:80", "[2001:0:1:2::7f00:1]:80", "[2606:4700::5efe:10.0.0.1]:80", "[2606:4700::200:5efe:127.0.0.1]:80",
	"host:0", "host:99999", "host", ":80", "a..b:80", "-:-", "a b:80", "a\x00b:80", strings.Repeat("a", 64) + ".com:80",
}

func TestPrivateAddressesAreShutHoweverTheyAreSpelt(t *testing.T) {
	g := gate(t, Policy{Origin: "127.0.0.1:1935"})
	for _, address := range shut {
		for _, d := range []Direction{Input, Output} {
			if err := g.Check(d, address); !errors.Is(err, ErrRefused) {
				t.Errorf("%q: %v", address, err)
			}
			if nc, err := g.Dial(d)(t.Context(), "tcp", address); !errors.Is(err, ErrRefused) {
				t.Errorf("dialling %q: %v, %v", address, nc, err)
			}
		}
	}
	for _, address := range []string{
		"cdn.example.com:1935", "8.8.8.8:1935", "[2606:4700::1111]:443", "[64:ff9b::808:808]:80", "[2002:808:808::1]:80",
		"1.cdn-2.example.co:80", "127.0.0.1:1935", "localhost:1935", "[::ffff:127.0.0.1]:1935", "xn--fiqs8s.example:80",
	} {
		if err := g.Check(Input, address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAllowLists(t *testing.T) {
	p := Policy{
		Inputs:  []string{"CDN.example.com", "*.example.net:1935", "10.20.0.0/16", "192.168.1.7:1935", "[fd00::7]:443"},
		Outputs: []string{"*:443"}, Origin: "0.0.0.0:1935",
	}
	g := gate(t, p)
	for _, c := range []struct {
		d       Direction
		address string
		want    bool
	}{
		{Input, "cdn.example.com:1", true}, {Input, "cdn.EXAMPLE.com.:1", true}, {Input, "other.example.com:1", true}, // may resolve to 10.20/16
		{Input, "a.b.example.net:1935", true}, {Input, "8.8.8.8:1935", false},
		{Input, "10.20.3.4:99", true}, {Input, "10.21.0.1:99", false},
		{Input, "192.168.1.7:1935", true}, {Input, "192.168.1.7:1936", false}, {Input, "[fd00::7]:443", true}, {Input, "[fd00::7]:80", false},
		{Input, "127.0.0.9:1935", true}, {Input, "127.0.0.9:1936", false}, {Input, "[::1]:1935", true},
		{Output, "cdn.example.com:443", true}, {Output, "cdn.example.com:80", false}, {Output, "10.20.3.4:443", false}, {Output, "8.8.8.8:443", true},
	} {
		if err := g.Check(c.d, c.address); (err == nil) != c.want {
			t.Errorf("%v %s: %v", c.d, c.address, err)
		}
	}
	lab := gate(t, Policy{Private: true})
	for address, want := range map[string]bool{"127.0.0.1:1": true, "10.0.0.1:1": true, "[::1]:1": true, "169.254.169.254:80": false, "[fe80::1]:1": false, "0.0.0.0:1": false} {
		if err := lab.Check(Output, address); (err == nil) != want {
			t.Errorf("in the laboratory, %s: %v", address, err)
		}
	}
	for _, bad := range []string{"", "a b", "*.", "*.*", "10.0.0.1/8", "host:0", "host:x", "[::1", "http://h", "::ffff:1.2.3.4/100", "2130706433", "*a"} {
		if _, err := (Policy{Inputs: []string{bad}}).Gate(); !errors.Is(err, ErrEntry) {
			t.Errorf("entry %q: %v", bad, err)
		}
	}
}

// fakeDNS answers every question for an IPv4 address with addresses, in turn.
func fakeDNS(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { pc.Close(); <-done })
	go func() {
		defer close(done)
		buf, asked := make([]byte, 1500), 0
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				a := netip.MustParseAddr(addresses[min(asked, len(addresses)-1)])
				asked++
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: a.As4()},
				}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = pc.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func TestNamesAreCheckedWhenTheyAreDialled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	reached := make(chan struct{}, 8)
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			reached <- struct{}{}
			nc.Close()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address := net.JoinHostPort("innocent.example.com", port)
	for name, c := range map[string]struct {
		policy    Policy
		addresses []string
		want      bool
	}{
		"loopback":          {Policy{}, []string{"127.0.0.1"}, false},
		"metadata":          {Policy{}, []string{"169.254.169.254"}, false},
		"named":             {Policy{Inputs: []string{"innocent.example.com"}}, []string{"127.0.0.1"}, false},
		"rebinding":         {Policy{}, []string{"8.8.8.8", "127.0.0.1"}, false},
		"origin, by a name": {Policy{Origin: "127.0.0.1:" + port}, []string{"127.0.0.1"}, true},
		"address listed":    {Policy{Inputs: []string{"127.0.0.0/8"}}, []string{"127.0.0.1"}, true},
		"laboratory":        {Policy{Private: true}, []string{"127.0.0.1"}, true},
		"address not named": {Policy{Inputs: []string{"10.0.0.0/8"}}, []string{"8.8.8.8"}, false},
	} {
		g := gate(t, c.policy)
		g.resolver = fakeDNS(t, c.addresses...)
		if err := g.Check(Input, address); err != nil {
			t.Errorf("%s: the name itself was refused: %v", name, err)
		}
		if name == "rebinding" { // what was looked up before counts for nothing
			if got, err := g.resolver.LookupHost(t.Context(), "innocent.example.com"); err != nil || got[0] != "8.8.8.8" {
				t.Fatalf("look-up: %v, %v", got, err)
			}
		}
		nc, err := g.Dial(Input)(t.Context(), "tcp", address)
		if (err == nil) != c.want || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), c.addresses[len(c.addresses)-1]) {
			t.Errorf("%s: the error tells the address: %v", name, err)
		}
		if err == nil {
			nc.Close()
			<-reached
		}
	}
	if len(reached) > 0 {
		t.Error("a refused connection got through")
	}
}

// Whoever is refused hears what the operator has to set, and not more than works.
func TestRefusalsNameTheFlags(t *testing.T) {
	only := Policy{Inputs: []string{"cdn.example.com"}, Outputs: []string{"cdn.example.com"}}
	for _, c := range []struct {
		policy        Policy
		d             Direction
		address, want string
	}{
		{Policy{}, Input, "10.0.0.1:1935", "--allow-input ADDRESS or CIDR, or --allow-private"},
		{Policy{}, Output, "localhost:1935", "--allow-output ADDRESS or CIDR, or --allow-private"},
		{Policy{}, Output, "169.254.169.254:80", "--allow-output ADDRESS or CIDR"}, // --allow-private leaves it shut
		{only, Input, "other.example.com:1935", "--allow-input HOST, or its ADDRESS or CIDR if it is not public"},
		{only, Output, "10.0.0.1:1935", "--allow-output HOST, or its ADDRESS or CIDR if it is not public"},
	} {
		err := gate(t, c.policy).Check(c.d, c.address)
		if !errors.Is(err, ErrRefused) || !strings.HasSuffix(err.Error(), "; lianmai serve opens it with "+c.want) {
			t.Errorf("%s: %v", c.address, err)
		}
	}
	g := gate(t, Policy{})
	g.resolver = fakeDNS(t, "10.7.7.7")
	_, err := g.Dial(Output)(t.Context(), "tcp", "innocent.example.com:1935")
	if err == nil || !strings.Contains(err.Error(), "--allow-output ADDRESS or CIDR, or --allow-private") || strings.Contains(err.Error(), "10.7") {
		t.Errorf("a name that leads inside: %v", err)
	}
}

// An IPv4 address is of the same kind in every IPv6 form that leads to it.
func TestEmbeddedAddressesAreOfTheirKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		v4 := netip.AddrFrom4(b)
		want := kindOf(v4)
		for _, form := range []string{"64:ff9b::", "::ffff:0:", "::ffff:"} {
			a := netip.MustParseAddr(form + v4.String())
			if got := kindOf(plain(a)); got != want {
				t.Fatalf("%v is %s, %v is %s", a, got, v4, want)
			}
		}
	})
}

func FuzzParseEntry(f *testing.F) {
	for _, s := range append([]string{"*", "*.a.b:1", "[::1]:80", "10.0.0.0/8:99"}, shut...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := (Policy{Inputs: []string{text}}).Gate()
		if err != nil {
			return
		}
		_ = g.Check(Input, text)
		_ = g.Allowed(Input)
	})
}
