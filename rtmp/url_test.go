package rtmp

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct{ in, addr, tcURL, app, stream, redacted string }{
		{"rtmp://h/app/s", "h:1935", "rtmp://h/app", "app", "s", "rtmp://h/app/s"},
		{"rtmps://h/app/s", "h:443", "rtmps://h/app", "app", "s", "rtmps://h/app/s"},
		{"RTMP://h:1/app/more/s?a=1", "h:1", "rtmp://h:1/app/more", "app/more", "s?a=1", "rtmp://h:1/app/more/s?…"},
		{"rtmp://[::1]:1936/a/s", "[::1]:1936", "rtmp://[::1]:1936/a", "a", "s", "rtmp://[::1]:1936/a/s"},
		{"rtmp://[::1]/a/s", "[::1]:1935", "rtmp://[::1]/a", "a", "s", "rtmp://[::1]/a/s"},
		{"rtmp://me:secret@h/a/s", "h:1935", "rtmp://h/a", "a", "s", "rtmp://h/a/s"},
		// Nothing is escaped or unescaped, and a query may hold anything.
		{"rtmp://h/a/%E4%BD%A0+%zz?x=%2F&y=/a/b?c#d", "h:1935", "rtmp://h/a", "a", "%E4%BD%A0+%zz?x=%2F&y=/a/b?c#d", "rtmp://h/a/%E4%BD%A0+%zz?…"},
		{"rtmp://h/直播/房间?k=密", "h:1935", "rtmp://h/直播", "直播", "房间?k=密", "rtmp://h/直播/房间?…"},
	} {
		u, err := ParseURL(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		got := [...]string{u.addr, u.tcURL(), u.app, u.stream, u.Redacted()}
		if want := [...]string{c.addr, c.tcURL, c.app, c.stream, c.redacted}; got != want {
			t.Errorf("%s:\n got %q\nwant %q", c.in, got, want)
		}
		if u.String() != c.in {
			t.Errorf("String() = %q, want %q", u, c.in)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, in := range []string{
		"", "h/app/s", "http://h/app/s", "rtmp:h/app/s", "rtmp://", "rtmp:///app/s", "rtmp://h", "rtmp://h?x=SECRET",
		"rtmp://h/", "rtmp://h/app", "rtmp://h/app/", "rtmp://h//s", "rtmp://h/app?k=SECRET/s", "rtmp://h:0/a/s", "rtmp://h:65536/a/s",
		"rtmp://h:x/a/s", "rtmp://h:/a/s", "rtmp://me:SECRET@/a/s", "rtmp://h/a/s\n", "rtmp://h/a/ s", "rtmp://h/a/\xff", "rtmp://[::1/a/s",
		"rtmp://h/a/" + strings.Repeat("s", maxURL),
	} {
		u, err := ParseURL(in)
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: error = %v, want ErrURL; got %+v", in, err, u)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: the error gives the query away: %v", in, err)
		}
	}
}

func TestURLIsRedactedInLogsAndQuotes(t *testing.T) {
	u, err := ParseURL("rtmp://user:SECRET@h/a/s?auth=SECRET%21&b=1")
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "url", u)
	for _, said := range []string{
		`no stream "s?auth=SECRET%21&b=1"`, "auth=SECRET%21&b=1 is bad", "auth=SECRET!&b=1", "/a/s?auth=SECRET!&b=1",
	} {
		fmt.Fprintln(&buf, u.clean(said))
	}
	if strings.Contains(buf.String(), "SECRET") {
		t.Errorf("the query leaks:\n%s", &buf)
	}
}

func TestCleanBoundsForeignText(t *testing.T) {
	got := clean(strings.Repeat("好\x00\x1b[31m ", 10000))
	if len(got) > maxQuote+len("…") || strings.ContainsAny(got, "\x00\x1b") {
		t.Errorf("clean gives %d bytes: %q", len(got), got)
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"rtmp://h/app/s?k=v", "rtmps://u:p@[::1]:1/a/b/c?x#y", "rtmp://h/a/%2F", "rtmp://h?x/a/b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			if !errors.Is(err, ErrURL) || !u.IsZero() {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if u.String() != s {
			t.Fatalf("String() = %q, want %q", u, s)
		}
		// What goes over the wire is what was written.
		if !strings.HasSuffix(s, "/"+u.app+"/"+u.stream) {
			t.Fatalf("%q: app %q, stream %q", s, u.app, u.stream)
		}
		again, err := ParseURL(u.tcURL() + "/" + u.stream)
		if err != nil || again.app != u.app || again.stream != u.stream || again.addr != u.addr {
			t.Fatalf("%q: %+v, again %+v, %v", s, u, again, err)
		}
		if i := strings.IndexByte(u.stream, '?'); i >= 0 && !strings.HasSuffix(u.Redacted(), u.stream[:i]+"?…") {
			t.Fatalf("%q: redacted %q", s, u.Redacted())
		}
	})
}
