package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ErrOpen says that an address beyond loopback is listened on, and everybody who can connect may
// do everything there.
var ErrOpen = errors.New("config: open to everybody")

// TLS is how the API and the HTTP listener are encrypted. Empty is not at all.
type TLS struct {
	// Cert and Key are PEM files, of the certificate with its chain and of its private key.
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
	// ClientCA is a PEM file with the authorities whose client certificates are taken.
	ClientCA string `koanf:"client-ca"`
}

// Allow says where the engine may connect. The lists are parted by commas.
type Allow struct {
	Input  string `koanf:"input"`
	Output string `koanf:"output"`
	// Private is true or false (default): private and loopback addresses too.
	Private string `koanf:"private"`
}

// Inputs returns the list of Input.
func (a Allow) Inputs() []string { return splitList(a.Input) }

// Outputs returns the list of Output.
func (a Allow) Outputs() []string { return splitList(a.Output) }

// PrivateToo returns Private of a validated Allow.
func (a Allow) PrivateToo() bool {
	ok, _ := strconv.ParseBool(a.Private) // Load has checked it
	return ok
}

// Publish says who may publish to the embedded origin, and play from it.
type Publish struct {
	// Key is a secret that keys are made with, Keys a file of such, one a line. At most
	// one of them is set; neither lets everybody publish.
	Key  string `koanf:"key"`
	Keys string `koanf:"keys"`
	// Play is true if players need a key too. Default false.
	Play string `koanf:"play"`
}

// Guarded reports whether publishers need a key.
func (p Publish) Guarded() bool { return p.Key != "" || p.Keys != "" }

// PlayToo returns Play of a validated Publish.
func (p Publish) PlayToo() bool {
	ok, _ := strconv.ParseBool(p.Play) // Load has checked it
	return ok
}

// Limit bounds what callers may ask for.
type Limit struct {
	// Calls is how many a second each token, or address, may make, 1 to 100000; twice as many at
	// once. Default 500.
	Calls string `koanf:"calls"`
	// Connections is the most on each listener, and ConnectionsPerAddress the most from
	// one IPv4 address or IPv6 /64; 1 to 100000. Default 1024 and 256.
	Connections           string `koanf:"connections"`
	ConnectionsPerAddress string `koanf:"connections-per-address"`
}

// mostLimit bounds each of Limit.
const mostLimit = 100_000

// CallsPerSecond returns Calls of a validated Limit.
func (l Limit) CallsPerSecond() float64 {
	n, _ := strconv.Atoi(l.Calls) // Load has checked it
	return float64(n)
}

// Conns returns Connections and ConnectionsPerAddress of a validated Limit.
func (l Limit) Conns() (total, perAddress int) {
	total, _ = strconv.Atoi(l.Connections) // Load has checked them
	perAddress, _ = strconv.Atoi(l.ConnectionsPerAddress)
	return total, perAddress
}

// lists are the keys that may be lists in the file.
var lists = []string{"allow.input", "allow.output"}

// splitList returns the parts of a list that commas part.
func splitList(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// joinList makes the text of a list in the file; ok is false if it is not one of texts.
func joinList(value any) (text string, ok bool) {
	list, ok := value.([]any)
	var parts []string
	for _, v := range list {
		part, isText := v.(string)
		ok = ok && isText && !strings.Contains(part, ",")
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), ok
}

// validateGuard returns every value that is wrong, each an ErrValue.
func (c Config) validateGuard() (faults []error) {
	bad := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: %s: %s", ErrValue, key, fmt.Sprintf(format, args...)))
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		bad("tls", "cert and key come together")
	}
	if c.TLS.ClientCA != "" && c.TLS.Cert == "" {
		bad("tls.client-ca", "needs tls.cert and tls.key")
	}
	if c.Publish.Key != "" && c.Publish.Keys != "" {
		bad("publish", "key or keys, not both")
	}
	for _, flag := range []struct{ key, value string }{{"allow.private", c.Allow.Private}, {"publish.play", c.Publish.Play}} {
		if _, err := strconv.ParseBool(flag.value); err != nil {
			bad(flag.key, "%q; want true or false", flag.value)
		}
	}
	if c.Publish.PlayToo() && !c.Publish.Guarded() {
		bad("publish.play", "needs publish.key or publish.keys")
	}
	for _, limit := range []struct{ key, value string }{
		{"limit.calls", c.Limit.Calls}, {"limit.connections", c.Limit.Connections},
		{"limit.connections-per-address", c.Limit.ConnectionsPerAddress},
	} {
		if n, err := strconv.Atoi(limit.value); err != nil || n < 1 || n > mostLimit {
			bad(limit.key, "%q; want 1 to %d", limit.value, mostLimit)
		}
	}
	return faults
}

// CheckOpen returns an ErrOpen for each listener beyond loopback that asks nobody who
// they are.
func (c Config) CheckOpen() error {
	var faults []error
	known := c.Tokens != "" || c.TLS.ClientCA != ""
	for _, l := range []struct {
		key, addr string
		guarded   bool
		remedy    string
	}{
		{"grpc", c.GRPC, known, "make a token with `lianmai token new` and give --tokens FILE, or take client certificates with --tls-client-ca FILE"},
		{"http", c.HTTP, known, "make a token with `lianmai token new` and give --tokens FILE, or take client certificates with --tls-client-ca FILE"},
		{"rtmp", c.RTMP, c.Publish.Guarded(), "give a secret for publishers' keys with --publish-keys FILE"},
	} {
		if Enabled(l.addr) && !l.guarded && !isLoopback(l.addr) {
			faults = append(faults, fmt.Errorf("%w: --%s %s is not on loopback, and everybody who can reach it could do everything: %s; or listen on 127.0.0.1",
				ErrOpen, l.key, l.addr, l.remedy))
		}
	}
	return errors.Join(faults...)
}

// isLoopback reports whether only this machine reaches addr. A name but localhost may
// mean anything.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// isList reports whether key may be a list in the file.
func isList(key string) bool { return slices.Contains(lists, key) }
