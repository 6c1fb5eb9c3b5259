package rtmp

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxURL is the longest address taken, in bytes.
const maxURL = 4096

// minSecret is how long a query must be to be looked for in foreign text, in bytes;
// a shorter one holds no secret and would be found everywhere.
const minSecret = 4

// Default ports (RTMP 1.0, section 3; RTMPS uses that of HTTPS).
const (
	portRTMP  = "1935"
	portRTMPS = "443"
)

// URL is the address of one stream: rtmp[s]://[user@]host[:port]/app[/more]/stream[?query].
// The app is all of the path but its last segment; the stream name is the last
// segment with the query. Both go over the wire byte for byte as they were written,
// with nothing escaped or unescaped. The zero value is no address. URLs are comparable.
type URL struct {
	raw    string
	secure bool
	host   string // with the port if one was written, for tcUrl
	addr   string // host:port to connect to
	app    string
	stream string // with the query
}

// ParseURL reads an address of at most 4096 bytes. The scheme is rtmp or rtmps; host,
// app and stream name are required; user information is accepted and not used. The
// error is an ErrURL and says what is wrong without quoting the query.
func ParseURL(s string) (URL, error) {
	if len(s) > maxURL {
		return URL{}, fmt.Errorf("%w: longer than %d bytes", ErrURL, maxURL)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return URL{}, fmt.Errorf("%w: holds a space or a control character", ErrURL)
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return URL{}, fmt.Errorf("%w: want rtmp://host/app/stream", ErrURL)
	}
	u := URL{raw: s}
	switch strings.ToLower(scheme) {
	case "rtmp":
	case "rtmps":
		u.secure = true
	default:
		return URL{}, fmt.Errorf("%w: the scheme must be rtmp or rtmps", ErrURL)
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 || rest[end] != '/' {
		return URL{}, fmt.Errorf("%w: no app and stream name after the host", ErrURL)
	}
	if err := u.setHost(rest[:end]); err != nil {
		return URL{}, err
	}
	if err := u.setPath(rest[end+1:]); err != nil {
		return URL{}, err
	}
	return u, nil
}

func (u *URL) setHost(authority string) error {
	u.host = authority[strings.LastIndexByte(authority, '@')+1:]
	// net/url knows the rules for names, ports and IPv6; its errors quote too much.
	parsed, err := url.Parse("rtmp://" + u.host)
	if err != nil || parsed.Host != u.host || parsed.Hostname() == "" {
		return fmt.Errorf("%w: bad host", ErrURL)
	}
	port := parsed.Port()
	switch {
	case port != "":
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return fmt.Errorf("%w: the port must be 1–65535", ErrURL)
		}
	case strings.HasSuffix(u.host, ":"):
		return fmt.Errorf("%w: no port after the colon", ErrURL)
	case u.secure:
		port = portRTMPS
	default:
		port = portRTMP
	}
	u.addr = net.JoinHostPort(parsed.Hostname(), port)
	return nil
}

func (u *URL) setPath(rest string) error {
	path, query := rest, ""
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		path, query = rest[:i], rest[i:]
	}
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return fmt.Errorf("%w: want an app and a stream name, /app/stream", ErrURL)
	}
	u.app, u.stream = path[:slash], path[slash+1:]
	if strings.Trim(u.app, "/") == "" {
		return fmt.Errorf("%w: no app in the path", ErrURL)
	}
	if u.stream == "" {
		return fmt.Errorf("%w: no stream name at the end of the path", ErrURL)
	}
	u.stream += query
	return nil
}

// String returns the address as it was given, query and all. Do not log it; see Redacted.
func (u URL) String() string { return u.raw }

// Redacted returns the address for logs, errors and events: without user
// information and with the query, if there is one, replaced by "?…".
func (u URL) Redacted() string {
	if u.raw == "" {
		return ""
	}
	name, _, hasQuery := strings.Cut(u.stream, "?")
	if hasQuery {
		name += "?…"
	}
	return u.tcURL() + "/" + name
}

// Address returns where to connect, host:port.
func (u URL) Address() string { return u.addr }

// Stream returns the stream's name at its server, app/name, without the query.
func (u URL) Stream() string {
	name, _, _ := strings.Cut(u.stream, "?")
	return strings.Trim(u.app, "/") + "/" + name
}

// WithQuery returns the address with pair, such as "key=value", added to its query.
func (u URL) WithQuery(pair string) URL {
	join := "?"
	if strings.Contains(u.stream, "?") {
		join = "&"
	}
	u.raw += join + pair
	u.stream += join + pair
	return u
}

// Destination is Redacted for an address that is published to, without the stream's name
// too: with many services it is the key, and who knows it can publish.
func (u URL) Destination() string {
	if u.raw == "" {
		return ""
	}
	return u.tcURL() + "/…"
}

// LogValue makes slog write the redacted address.
func (u URL) LogValue() slog.Value { return slog.StringValue(u.Redacted()) }

// IsZero reports whether u is no address at all.
func (u URL) IsZero() bool { return u.raw == "" }

// tcURL is the connect command's property of that name: the address of the app.
func (u URL) tcURL() string {
	scheme := "rtmp://"
	if u.secure {
		scheme = "rtmps://"
	}
	return scheme + u.host + "/" + u.app
}

// clean is like the function clean and also takes out this address's query where it
// is quoted without its question mark or unescaped.
func (u URL) clean(s string) string {
	if _, query, _ := strings.Cut(u.stream, "?"); len(query) >= minSecret {
		s = strings.ReplaceAll(s, query, "…")
		if plain, err := url.QueryUnescape(query); err == nil && len(plain) >= minSecret {
			s = strings.ReplaceAll(s, plain, "…")
		}
	}
	return clean(s)
}

// minKey is how long a stream's name must be to be taken for a key, in bytes.
const minKey = 8

// withoutName takes the stream's name out of s where it may be a key.
func (u URL) withoutName(s string) string {
	if name, _, _ := strings.Cut(u.stream, "?"); len(name) >= minKey {
		return strings.ReplaceAll(s, name, "…")
	}
	return s
}
