package guard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// ErrRefused says that the policy does not let the engine connect there.
var ErrRefused = errors.New("guard: not an allowed address")

// Direction says what a connection is for.
type Direction int

// The directions.
const (
	Input  Direction = iota // a stream is pulled
	Output                  // a stream is pushed
)

// flag returns the flag of lianmai serve that has the list for d.
func (d Direction) flag() string {
	if d == Output {
		return "--allow-output"
	}
	return "--allow-input"
}

// Policy says which peers the engine may connect to. It is a plain value that goes to
// other processes as JSON. The zero value allows every public address.
type Policy struct {
	// Inputs and Outputs are allow-lists of at most 256 entries: `cdn.example.com`,
	// `*.example.com` (not example.com itself), `192.0.2.7`, `10.20.0.0/16`, each with
	// `:PORT` or without, and `*` for all public addresses. An empty list is `*`.
	//
	// Names open public addresses alone, whatever they resolve to. Addresses that are not
	// public are opened by addresses and CIDRs.
	Inputs  []string `json:"inputs,omitempty"`
	Outputs []string `json:"outputs,omitempty"`
	// Private opens private and loopback addresses too: for laboratories and tests.
	// Link-local ones and the like stay shut.
	Private bool `json:"private,omitempty"`
	// Origin is where the embedded origin listens, `127.0.0.1:1935`; always allowed. One
	// that listens on all addresses is allowed on loopback. Empty for none.
	Origin string `json:"origin,omitempty"`
}

// Gate is a Policy that is ready for use. It is immutable; safe for concurrent use.
type Gate struct {
	lists    [2][]entry
	private  bool
	origin   netip.AddrPort
	resolver *net.Resolver // nil is the system's
}

// Gate returns p ready for use. Errors: ErrEntry.
func (p Policy) Gate() (*Gate, error) {
	g := &Gate{private: p.Private}
	var faults []error
	for d, list := range [...][]string{Input: p.Inputs, Output: p.Outputs} {
		if len(list) > maxEntries {
			faults = append(faults, fmt.Errorf("%w: %d entries; at most %d", ErrEntry, len(list), maxEntries))
			continue
		}
		for _, text := range list {
			e, err := parseEntry(text)
			faults = append(faults, err)
			g.lists[d] = append(g.lists[d], e)
		}
		if len(list) == 0 {
			g.lists[d] = []entry{{name: "*", original: "*"}}
		}
	}
	if p.Origin != "" {
		origin, err := netip.ParseAddrPort(p.Origin)
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: origin %q is no address with a port", ErrEntry, p.Origin))
		}
		g.origin = netip.AddrPortFrom(plain(origin.Addr()), origin.Port())
	}
	return g, errors.Join(faults...)
}

// Check returns an ErrRefused if address, host:port, is refused whatever its name
// resolves to. One that passes may still be refused when it is dialled.
func (g *Gate) Check(d Direction, address string) error {
	_, err := g.target(d, address)
	return err
}

// Dial returns a function that connects as net.Dialer.DialContext does, to what the
// policy allows in direction d. What it checks is the address that is dialled, after
// every look-up. Errors: ErrRefused, which does not tell the address, or those of net.
func (g *Gate) Dial(d Direction) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		t, err := g.target(d, address)
		if err != nil {
			return nil, err
		}
		dialer := net.Dialer{
			Resolver: g.resolver,
			ControlContext: func(_ context.Context, _, dialled string, _ syscall.RawConn) error {
				peer, err := netip.ParseAddrPort(dialled)
				if err != nil {
					return fmt.Errorf("%w: no address", ErrRefused)
				}
				return g.admits(d, plain(peer.Addr()), peer.Port(), t.named)
			},
		}
		conn, err := dialer.DialContext(ctx, network, address)
		if refused, ok := errors.AsType[refusal](err); ok {
			return nil, refused // without the address, which is nobody's business
		}
		return conn, err
	}
}

// target is what is asked for.
type target struct {
	// named says that an entry names the host, so that its public addresses are open.
	named bool
}

// target checks address as far as that can be done before its name is looked up.
func (g *Gate) target(d Direction, address string) (target, error) {
	host, portText, err := net.SplitHostPort(address)
	port, errPort := strconv.ParseUint(portText, 10, 16)
	if err != nil || errPort != nil || port == 0 {
		return target{}, refusal{reason: "no host and port"}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, err := netip.ParseAddr(host); err == nil {
		a = plain(a)
		t := target{g.named(d, a.String(), uint16(port))}
		return t, g.admits(d, a, uint16(port), t.named)
	}
	if len(host) > maxHost || !isName(host) {
		return target{}, refusal{reason: "the host must be a name, or an address in its usual form such as 192.0.2.7 or [2001:db8::7]"}
	}
	t := target{g.named(d, host, uint16(port))}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return t, g.admits(d, netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port), t.named)
	}
	if !t.named && !g.byAddress(d, uint16(port)) {
		return target{}, notListed(d)
	}
	return t, nil
}

// named reports whether an entry names host.
func (g *Gate) named(d Direction, host string, port uint16) bool {
	for _, e := range g.lists[d] {
		if e.names(host, port) {
			return true
		}
	}
	return false
}

// byAddress reports whether a name that is not on the list could lead to an address that
// is.
func (g *Gate) byAddress(d Direction, port uint16) bool {
	for _, e := range g.lists[d] {
		if e.name == "" && (e.port == 0 || e.port == port) {
			return true
		}
	}
	return g.origin.IsValid() && g.origin.Port() == port
}

// admits returns an ErrRefused unless a plain address may be dialled. named says that the
// list names the host that it belongs to.
func (g *Gate) admits(d Direction, a netip.Addr, port uint16, named bool) error {
	if g.isOrigin(a, port) {
		return nil
	}
	for _, e := range g.lists[d] {
		if e.holds(a, port) {
			return nil
		}
	}
	k := kindOf(a)
	switch {
	case !named:
		return notListed(d)
	case k == public || g.private && k.ofLab():
		return nil
	}
	opens := d.flag() + " ADDRESS or CIDR"
	if k.ofLab() {
		opens += ", or --allow-private"
	}
	return refusal{fmt.Sprintf("a %s address", k), opens}
}

// notListed is the refusal of what no entry names or holds.
func notListed(d Direction) error {
	return refusal{"not on the list", d.flag() + " HOST, or its ADDRESS or CIDR if it is not public"}
}

// isOrigin reports whether the embedded origin answers there.
func (g *Gate) isOrigin(a netip.Addr, port uint16) bool {
	if !g.origin.IsValid() || g.origin.Port() != port {
		return false
	}
	return a == g.origin.Addr() || g.origin.Addr().IsUnspecified() && a.IsLoopback()
}

// maxTold bounds how much of a list an error tells, in entries.
const maxTold = 5

// Allowed says for people what is allowed in direction d: "public addresses", or a list.
func (g *Gate) Allowed(d Direction) string {
	var told []string
	for _, e := range g.lists[d] {
		if len(told) == maxTold {
			told = append(told, fmt.Sprintf("and %d more", len(g.lists[d])-maxTold))
			break
		}
		if e.original == "*" {
			told = append(told, "public addresses")
		} else {
			told = append(told, e.original)
		}
	}
	if g.private {
		told = append(told, "private addresses")
	}
	if g.origin.IsValid() {
		told = append(told, "the embedded origin")
	}
	return strings.Join(told, ", ")
}

// refusal is an ErrRefused with its reason.
type refusal struct {
	reason string
	opens  string // flags of lianmai serve that open it; empty for none
}

// Error says why, and what would open it. It does not tell the address that a name leads
// to.
func (r refusal) Error() string {
	text := ErrRefused.Error() + ": " + r.reason
	if r.opens != "" {
		text += "; lianmai serve opens it with " + r.opens
	}
	return text
}

// Is makes a refusal an ErrRefused.
func (r refusal) Is(target error) bool { return target == ErrRefused }
