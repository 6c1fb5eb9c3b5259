package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/server"
)

func TestWhatIsWrongIsAProblem(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct {
		what, method, path, body string
		status                   int
		code                     string
	}{
		{"no such mix", "GET", "/v1/mixes/nobody", "", 404, "NOT_FOUND"},
		{"another spec", "POST", "/v1/mixes", strings.Replace(duet("room"), "ben", "carl", 1), 409, "ALREADY_EXISTS"},
		{"another revision", "POST", "/v1/mixes/room:stop", `{"expectedRevision":7}`, 409, "ABORTED"},
		{"fixed", "PUT", "/v1/mixes/room", strings.Replace(duet("room"), `"id"`, `"video":{"width":640,"height":360},"id"`, 1), 400, "FAILED_PRECONDITION"},
		{"no body", "POST", "/v1/mixes", "", 400, "INVALID_ARGUMENT"},
		{"null", "POST", "/v1/mixes", "null", 400, "INVALID_ARGUMENT"},
		{"not JSON", "POST", "/v1/mixes", `{"id":`, 400, "INVALID_ARGUMENT"},
		{"two values", "POST", "/v1/mixes", duet("a") + duet("b"), 400, "INVALID_ARGUMENT"},
		{"a field that nobody knows", "POST", "/v1/mixes", `{"id":"a","pariticpants":[]}`, 400, "INVALID_ARGUMENT"},
		{"a field twice", "POST", "/v1/mixes", `{"id":"a","id":"b"}`, 400, "INVALID_ARGUMENT"},
		{"a wrong type", "POST", "/v1/mixes", `{"id":["a"]}`, 400, "INVALID_ARGUMENT"},
		{"a list", "POST", "/v1/mixes", `[]`, 400, "INVALID_ARGUMENT"},
		{"depth", "POST", "/v1/mixes", deep, 400, "INVALID_ARGUMENT"},
		{"a number too large", "PATCH", "/v1/mixes/room/participants/ben", `{"gainDb":1e400}`, 400, "INVALID_ARGUMENT"},
		{"bytes that are no text", "POST", "/v1/mixes", "{\"id\":\"\xff\xfe\"}", 400, "INVALID_ARGUMENT"},
		{"a bad query", "GET", "/v1/mixes?pageSize=many", "", 400, "INVALID_ARGUMENT"},
		{"a bad kind", "GET", "/v1/assets/x/data?kind=FILM", "", 400, "INVALID_ARGUMENT"},
		{"a bad version", "GET", "/v1/assets/x/data?version=-1", "", 400, "INVALID_ARGUMENT"},
		{"a slash in a name", "GET", "/v1/mixes/a%2Fb", "", 400, "INVALID_ARGUMENT"},
		{"a slash that would be events", "GET", "/v1/mixes/a%2Fevents", "", 400, "INVALID_ARGUMENT"},
		{"dots in a name", "GET", "/v1/mixes/..%2F..%2Fetc%2Fpasswd", "", 400, "INVALID_ARGUMENT"},
		{"dots in an asset's name", "GET", "/v1/assets/..%2Fx/data", "", 400, "INVALID_ARGUMENT"},
		{"a null byte", "GET", "/v1/mixes/a%00b", "", 400, "INVALID_ARGUMENT"},
		{"no such path", "GET", "/v1/mixers", "", 404, "NOT_FOUND"},
		{"no path", "GET", "/", "", 404, "NOT_FOUND"},
		{"too large", "POST", "/v1/mixes", `{"id":"` + strings.Repeat("a", MaxBody) + `"}`, 413, "INVALID_ARGUMENT"},
	} {
		p := wantProblem(t, c.what, b.do(t, c.method, c.path, c.body), c.status, c.code)
		if want, _, _ := strings.Cut(c.path, "?"); p.Instance != want {
			t.Errorf("%s: instance = %q, want %q", c.what, p.Instance, want)
		}
	}
	if got := b.ok(t, "GET", "/v1/mixes/room", ""); at(got, "mix.revision") != "1" {
		t.Errorf("something of it changed the mix: %v", at(got, "mix"))
	}
}

func TestAProblemListsWhatIsWrong(t *testing.T) {
	b := newBench(t, server.Limits{})
	r := b.do(t, "POST", "/v1/mixes", `{"id":"no spaces","outputs":[{"url":"http://h/x"}]}`)
	fields := map[string]bool{}
	for _, v := range wantProblem(t, "faults", r, 400, "INVALID_ARGUMENT").Violations {
		fields[v.Field] = v.Description != ""
	}
	if want := map[string]bool{"spec.id": true, "spec.outputs[0].url": true}; !maps.Equal(fields, want) {
		t.Errorf("violations = %v, want %v", fields, want)
	}
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	r = b.do(t, "PUT", "/v1/mixes/room", strings.Replace(duet("room"), `"id"`, `"video":{"width":640,"height":360},"id"`, 1))
	p := wantProblem(t, "fixed", r, 400, "FAILED_PRECONDITION")
	if len(p.Preconditions) != 2 || p.Preconditions[0].Subject != "spec.video.width" || p.Preconditions[0].Type != "FIXED" {
		t.Errorf("preconditions = %v", p.Preconditions)
	}
	if !strings.HasSuffix(p.Type, "/docs/rest.md#failed_precondition") || p.Title != "Failed precondition" {
		t.Errorf("type %q, title %q", p.Type, p.Title)
	}
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	b := newBench(t, server.Limits{})
	for path, allow := range map[string]string{
		"/v1/mixes":                "GET, POST",
		"/v1/mixes/a":              "GET, PUT",
		"/v1/mixes/a/layout":       "PATCH",
		"/v1/mixes/a/events":       "GET",
		"/v1/assets/a":             "DELETE, POST",
		"/v1/assets/a/data":        "GET",
		"/v1/templates/a":          "DELETE, GET",
		"/openapi.json":            "GET",
		"/v1/mixes/a/music/b:gain": "POST",
	} {
		r := b.do(t, "OPTIONS", path, "")
		wantProblem(t, path, r, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
		if got := r.header.Get("Allow"); got != allow {
			t.Errorf("%s allows %q, want %q", path, got, allow)
		}
	}
	// A way around the method is none.
	r := b.do(t, "POST", "/v1/templates/pk", "", "X-HTTP-Method-Override: DELETE", "Content-Type: application/x-www-form-urlencoded")
	wantProblem(t, "override", r, http.StatusMethodNotAllowed, "UNIMPLEMENTED")
}

func TestMediaTypes(t *testing.T) {
	b := newBench(t, server.Limits{})
	for _, media := range []string{"application/x-www-form-urlencoded", "text/plain", "application/yaml", "nonsense;;", "application/jsonx"} {
		r := b.do(t, "POST", "/v1/mixes", duet("room"), "Content-Type: "+media)
		wantProblem(t, media, r, http.StatusUnsupportedMediaType, "INVALID_ARGUMENT")
	}
	for _, media := range []string{"application/json", "application/json; charset=utf-8", "application/vnd.x+json"} {
		if r := b.do(t, "POST", "/v1/mixes", duet("room"), "Content-Type: "+media); r.status != http.StatusOK {
			t.Errorf("%s = %d %s", media, r.status, r.body)
		}
	}
	wantProblem(t, "upload", b.do(t, "POST", "/v1/assets/a", "x", "Content-Type: text/html"), http.StatusUnsupportedMediaType, "INVALID_ARGUMENT")
	wantProblem(t, "events", b.do(t, "GET", "/v1/mixes/room/events", "", "Accept: application/json"), http.StatusNotAcceptable, "INVALID_ARGUMENT")
}

func TestBrowsersFromElsewhereAreRefused(t *testing.T) {
	b := newBench(t, server.Limits{})
	b.ok(t, "POST", "/v1/mixes", duet("room"))
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://example.org"} {
		r := b.do(t, "POST", "/v1/mixes/room:stop", "", header)
		wantProblem(t, header, r, http.StatusForbidden, "PERMISSION_DENIED")
	}
	if got := b.ok(t, "GET", "/v1/mixes/room", ""); at(got, "mix.state") != "MIX_STATE_RUNNING" {
		t.Errorf("it is %v", at(got, "mix.state"))
	}
}

// An upload that the service refuses ends at once, however much was to come.
func TestARefusedUploadEndsAtOnce(t *testing.T) {
	b := newBench(t, server.Limits{})
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST /v1/assets/no%20name HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\nfew")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	wantProblem(t, "a bad name", reply{resp.StatusCode, resp.Header, body}, 400, "INVALID_ARGUMENT")
}

// A body that breaks off is not taken for a whole file.
func TestAnUploadThatBreaksOffKeepsNothing(t *testing.T) {
	b := newBench(t, server.Limits{})
	conn, err := net.Dial("tcp", b.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	data := dot(t)
	fmt.Fprintf(conn, "POST /v1/assets/half HTTP/1.1\r\nHost: h\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n%s", len(data)+1, data)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	wantProblem(t, "half a file", reply{resp.StatusCode, resp.Header, body}, 400, "INVALID_ARGUMENT")
	wantProblem(t, "half a file, later", b.do(t, "GET", "/v1/assets/half/data", ""), 404, "NOT_FOUND")
}

// before returns a gateway before a service that answers every call as call does.
func before(t *testing.T, call func(ctx context.Context) error) *httptest.Server {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return call(stream.Context()) }))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(lis) }()
	conn, err := grpc.NewClient("passthrough:///"+lis.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := New(Config{Conn: conn})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(func() {
		web.Close()
		conn.Close()
		srv.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return web
}

// The service gets a caller's token and address from every kind of request, and nothing
// that a caller makes up.
func TestTheServiceKnowsWhoCalls(t *testing.T) {
	seen := make(chan metadata.MD, 1)
	web := before(t, func(ctx context.Context) error {
		md, _ := metadata.FromIncomingContext(ctx)
		seen <- md
		return status.Error(codes.Unauthenticated, "no such token")
	})
	for _, c := range [][2]string{
		{"GET", "/v1/mixes"}, {"GET", "/v1/mixes/a/events"}, {"GET", "/v1/assets/a/data"}, {"POST", "/v1/assets/a"}, {"POST", "/v1/mixes/a:stop"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c[0], web.URL+c[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer t0ken", "Content-Type": "image/png", "X-Forwarded-For": "10.9.8.7", "Forwarded": "for=10.9.8.7",
			"Grpc-Metadata-X-Forwarded-For": "10.9.8.7", "Grpc-Metadata-Authorization": "Bearer made-up", "Grpc-Timeout": "1n", "Cookie": "a=b",
		} {
			req.Header.Set(name, value)
		}
		resp, err := web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		wantProblem(t, c[1], reply{resp.StatusCode, resp.Header, body}, 401, "UNAUTHENTICATED")
		if resp.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: WWW-Authenticate = %q", c[1], resp.Header.Get("WWW-Authenticate"))
		}
		var md metadata.MD
		select {
		case md = <-seen:
		default:
			t.Fatalf("%s never reached the service", c[1])
		}
		if got := fmt.Sprint(md.Get("authorization"), md.Get("x-forwarded-for")); got != "[Bearer t0ken] [127.0.0.1]" || strings.Contains(fmt.Sprint(md), "made-up") || md.Get("cookie") != nil {
			t.Errorf("%s: the service got %v", c[1], md)
		}
	}
}

func TestRetryInfoIsRetryAfter(t *testing.T) {
	web := before(t, func(context.Context) error {
		st, err := status.New(codes.ResourceExhausted, "6.1 of 8 cores are taken").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)})
		if err != nil {
			return err
		}
		return st.Err()
	})
	resp, err := web.Client().Get(web.URL + "/v1/mixes")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	wantProblem(t, "full", reply{resp.StatusCode, resp.Header, body}, 429, "RESOURCE_EXHAUSTED")
	if got := resp.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After = %q", got)
	}
}

// Calls are bounded; one more than may be is told to come again.
func TestTooManyCalls(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	web := before(t, func(context.Context) error {
		entered <- struct{}{}
		<-leave
		return status.Error(codes.Unavailable, "enough")
	})
	var calls sync.WaitGroup
	for range MaxCalls {
		calls.Go(func() {
			resp, err := web.Client().Get(web.URL + "/v1/mixes")
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
		})
		<-entered
	}
	resp, err := web.Client().Get(web.URL + "/v1/mixes")
	close(leave)
	calls.Wait()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	wantProblem(t, "one more", reply{resp.StatusCode, resp.Header, body}, 503, "UNAVAILABLE")
	if resp.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), strconv.Itoa(MaxCalls)) {
		t.Errorf("Retry-After %q, %s", resp.Header.Get("Retry-After"), body)
	}
}

// Those who send large bodies slowly keep others from sending large bodies, and from
// nothing else.
func TestSlowBodiesLeaveOthersAlone(t *testing.T) {
	b := newBench(t, server.Limits{})
	for range maxLarge {
		conn, err := net.Dial("tcp", b.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /v1/mixes HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", MaxBody)
		// The service says so when it begins to read.
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	large := strings.Replace(duet("large"), "{", "{"+strings.Repeat(" ", smallBody), 1)
	wantProblem(t, "one more", b.do(t, "POST", "/v1/mixes", large), 503, "UNAVAILABLE")
	b.ok(t, "POST", "/v1/mixes", duet("room"))
}
