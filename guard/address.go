package guard

import (
	"net/netip"
	"slices"
)

// kind says what sort of address one is.
type kind string

// The kinds of addresses. All but public are refused unless an entry of the allow-list
// names them.
const (
	public    kind = "public"
	private   kind = "private"
	loopback  kind = "loopback"
	linkLocal kind = "link-local"
	multicast kind = "multicast"
	unset     kind = "unspecified"
	reserved  kind = "reserved"
)

// ofLab reports whether Policy.Private opens addresses of this kind. Link-local ones stay
// shut: that is where clouds keep their machines' credentials (169.254.169.254).
func (k kind) ofLab() bool { return k == private || k == loopback }

// ranges are those of IANA's registries of special addresses (RFC 6890 and its updates)
// that are not for the public.
var ranges = []struct {
	kind     kind
	prefixes []netip.Prefix
}{
	{unset, prefixes("0.0.0.0/8", "::/128")},
	{loopback, prefixes("127.0.0.0/8", "::1/128")},
	{linkLocal, prefixes("169.254.0.0/16", "fe80::/10")},
	{multicast, prefixes("224.0.0.0/4", "ff00::/8")},
	// 100.64/10 is between carriers and their customers, fec0::/10 was site-local, and
	// 64:ff9b:1::/48 translates to what a network says for itself.
	{private, prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10", "64:ff9b:1::/48")},
	{reserved, prefixes("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		// Teredo (2001::/32) among the protocols' own; documentation.
		"2001::/23", "2001:db8::/32", "3fff::/20")},
}

// global is where public IPv6 addresses are.
var global = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

// plain returns a without a zone, and an IPv4 address that is written as IPv6 as IPv4.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// kindOf returns the kind of a plain address. One that stands for an IPv4 address is of that
// one's kind.
func kindOf(a netip.Addr) kind {
	for _, r := range ranges {
		if slices.ContainsFunc(r.prefixes, func(p netip.Prefix) bool { return p.Contains(a) }) {
			return r.kind
		}
	}
	if a.Is4() {
		return public
	}
	if v4, ok := embedded(a); ok {
		return kindOf(v4)
	}
	if !global.Contains(a) {
		return reserved
	}
	return public
}

// embeddings are the prefixes of IPv6 addresses that hold an IPv4 address, and the byte at
// which it begins.
var embeddings = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64 (RFC 6052)
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4 (RFC 3056)
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // stateless translation (RFC 2765)
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible (RFC 4291)
}

// embedded returns the IPv4 address that an IPv6 address stands for.
func embedded(a netip.Addr) (v4 netip.Addr, ok bool) {
	b := a.As16()
	for _, e := range embeddings {
		if e.prefix.Contains(a) {
			return netip.AddrFrom4([4]byte(b[e.at : e.at+4])), true
		}
	}
	// ISATAP (RFC 5214) has it in the interface's identifier, under any prefix.
	if b[8]&^3 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		return netip.AddrFrom4([4]byte(b[12:16])), true
	}
	return netip.Addr{}, false
}
