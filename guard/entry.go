package guard

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ErrEntry says that an entry of an allow-list is not one.
var ErrEntry = errors.New("guard: bad entry of an allow-list")

// Bounds of an allow-list.
const (
	maxEntries = 256
	maxHost    = 253 // bytes of a name (RFC 1035)
)

// entry is one line of an allow-list: names, or addresses.
type entry struct {
	name     string       // a host in lower case, ".example.com" for all below it, "*" for all
	prefix   netip.Prefix // of the addresses, if name is empty
	port     uint16       // 0 is any
	original string
}

// parseEntry reads `*`, a host, `*.example.com`, an address or a CIDR, each with :PORT or
// without; IPv6 with a port is in brackets.
func parseEntry(text string) (entry, error) {
	e := entry{original: text}
	host := text
	fail := func(why string) (entry, error) {
		return entry{}, fmt.Errorf("%w: %q: %s; want HOST, *.DOMAIN, ADDRESS or CIDR, with :PORT or without, or *", ErrEntry, text, why)
	}
	if before, port, ok := cutPort(text); ok {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fail("the port must be 1–65535")
		}
		host, e.port = before, uint16(n)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok {
			return fail("no ] after the address")
		}
	}
	if strings.Contains(host, "/") {
		p, err := netip.ParsePrefix(host)
		if err != nil || p.Addr().Is4In6() {
			return fail("no CIDR")
		}
		if p.Masked() != p {
			return fail(fmt.Sprintf("the network is written %v", p.Masked()))
		}
		e.prefix = p
		return e, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		a = plain(a)
		e.prefix = netip.PrefixFrom(a, a.BitLen())
		return e, nil
	}
	e.name = strings.ToLower(strings.TrimSuffix(host, "."))
	domain, below := strings.CutPrefix(e.name, "*.")
	switch {
	case host == "*":
	case len(e.name) > maxHost || !isName(domain):
		return fail("no host")
	case below:
		e.name = "." + domain
	}
	return e, nil
}

// cutPort cuts :PORT off. An IPv6 address has more than one colon and none of them is
// before a port unless it is in brackets.
func cutPort(text string) (host, port string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.Count(text, ":") > 1 && (i == 0 || text[i-1] != ']') {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// isName reports whether host may be a name: labels of letters, digits, '-' and '_', the
// last of which is no number, so that resolvers do not read it as an address.
func isName(host string) bool {
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return !isNumber(labels[len(labels)-1])
}

// isNumber reports whether C's inet_aton reads label as a number: decimal, octal or
// hexadecimal.
func isNumber(label string) bool {
	label = strings.ToLower(label)
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// names reports whether e names host and port; host is in lower case.
func (e entry) names(host string, port uint16) bool {
	if e.name == "" || e.port != 0 && e.port != port {
		return false
	}
	return e.name == "*" || e.name == host || e.name[0] == '.' && strings.HasSuffix(host, e.name)
}

// holds reports whether e has this plain address and port.
func (e entry) holds(a netip.Addr, port uint16) bool {
	return e.name == "" && e.prefix.Contains(a) && (e.port == 0 || e.port == port)
}
