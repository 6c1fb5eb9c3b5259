package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// callers are tokens by their scopes.
type callers map[guard.Scopes]string

// guardedBench is a bench with a door; calls is how many a second each caller may make.
func guardedBench(t testing.TB, calls float64, options ...option) (*bench, callers) {
	t.Helper()
	path, tokens := filepath.Join(t.TempDir(), "tokens.yaml"), callers{}
	for _, scope := range []guard.Scope{guard.Read, guard.Mix, guard.Template} {
		token, hash := guard.NewToken()
		entry, err := guard.NewEntry(scope.String(), hash, guard.Scopes(scope), time.Now())
		if err == nil {
			err = guard.AddEntry(path, entry)
		}
		if err != nil {
			t.Fatal(err)
		}
		tokens[guard.Scopes(scope)] = token
	}
	keys, err := guard.OpenKeyring(path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, Limits{}, append(options, func(b *bench) {
		b.change = append(b.change, func(c *Config) {
			c.Door = guard.NewDoor(guard.DoorConfig{Keys: keys, Calls: calls, Failures: calls, Log: c.Log})
		})
	})...)
	return b, tokens
}

// as returns a context of a call with a token.
func as(t testing.TB, token string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

func TestEveryCallHasItsScope(t *testing.T) {
	b, tokens := guardedBench(t, 100_000)
	seen := 0
	for name, info := range b.server.grpc.GetServiceInfo() {
		for _, m := range info.Methods {
			method := "/" + name + "/" + m.Name
			need, listed := scopes[method]
			if !listed {
				t.Errorf("%s is not in the table of scopes", method)
			}
			seen++
			call := func(token string) codes.Code {
				ctx := t.Context()
				if token != "" {
					ctx = as(t, token)
				}
				stream, err := b.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
				if err != nil {
					t.Fatal(err)
				}
				// A byte more than may be received: who is let in hears of that, or of
				// what an empty request lacks, who is not does not.
				_ = stream.SendMsg(&emptypb.Empty{})
				_ = stream.CloseSend()
				return status.Code(stream.RecvMsg(&emptypb.Empty{}))
			}
			if need == everybody {
				continue // health, which may stream for ever
			}
			if code := call(""); code != codes.Unauthenticated {
				t.Errorf("%s without a token: %v", method, code)
			}
			if code := call("lianmai_wrong"); code != codes.Unauthenticated {
				t.Errorf("%s with a wrong token: %v", method, code)
			}
			for have, token := range tokens {
				code := call(token)
				if refused := code == codes.PermissionDenied; refused == have.Has(need) || code == codes.Unauthenticated {
					t.Errorf("%s, which needs %v, with %v: %v", method, need, have, code)
				}
			}
		}
	}
	if seen != len(scopes) {
		t.Errorf("%d calls are served, %d are in the table", seen, len(scopes))
	}
}

func TestReadersSeeNoSecrets(t *testing.T) {
	b, tokens := guardedBench(t, 1000)
	spec := duet("room")
	spec.Outputs[0].Url = "rtmp://user:canary1@h/app/canary2?k=canary3"
	spec.Music = []*pb.MusicTrack{{Name: "bed", Source: &pb.MusicTrack_Url{Url: "rtmp://h/bot/stream?canary4"}}}
	mixer := as(t, tokens[guard.Scopes(guard.Mix)])
	if _, err := b.StartMix(mixer, &pb.StartMixRequest{Spec: spec}); err != nil {
		t.Fatal(err)
	}
	for scopes, token := range tokens {
		got, err := b.GetMix(as(t, token), &pb.GetMixRequest{Id: "room"})
		if err != nil {
			t.Fatal(err)
		}
		stream, err := b.WatchMix(as(t, token), &pb.WatchMixRequest{Id: "room"})
		if err != nil {
			t.Fatal(err)
		}
		first, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []proto.Message{got, first} {
			text := fmt.Sprint(m)
			if sees := strings.Contains(text, "canary") || strings.Contains(text, secret); sees != scopes.Has(guard.Mix) {
				t.Errorf("%v sees secrets: %v\n%s", scopes, sees, text)
			}
			if !strings.Contains(text, "rtmp://h/bot/stream") || !strings.Contains(text, "h/app/") {
				t.Errorf("%v does not see where to:\n%s", scopes, text)
			}
		}
	}
	// What others see is a copy.
	if got := b.mixes.mixes["room"].get().Spec.Outputs[0].Url; got != spec.Outputs[0].Url {
		t.Errorf("the mix's own URL became %s", got)
	}
}

func TestTooManyCallsSayWhenToComeAgain(t *testing.T) {
	b, tokens := guardedBench(t, 5)
	ctx := as(t, tokens[guard.Scopes(guard.Read)])
	var err error
	for i := 0; err == nil && i < 50; i++ {
		_, err = b.ListMixes(ctx, &pb.ListMixesRequest{})
	}
	wantCode(t, err, codes.ResourceExhausted)
	details := status.Convert(err).Details()
	if len(details) != 1 {
		t.Fatalf("details %v of %v", details, err)
	}
	if info, ok := details[0].(*errdetails.RetryInfo); !ok || info.RetryDelay.AsDuration() <= 0 || info.RetryDelay.AsDuration() > time.Second {
		t.Errorf("details: %v", details)
	}
	if _, err := b.ListMixes(as(t, tokens[guard.Scopes(guard.Mix)]), &pb.ListMixesRequest{}); err != nil {
		t.Errorf("another caller: %v", err)
	}
}

func TestHTTPHasTheSameDoor(t *testing.T) {
	b, tokens := guardedBench(t, 1000)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, c := range []struct {
		path, authorization string
		want                int
	}{
		{"/healthz", "", 200}, {"/readyz", "", 200}, {"/version", "", 401}, {"/version", "Bearer x", 401},
		{"/version", "Bearer " + tokens[guard.Scopes(guard.Read)], 200}, {"/healthz/../version", "", 401}, {"//version", "", 401}, {"/v1/mixes", "", 401},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.http+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.authorization != "" {
			req.Header.Set("Authorization", c.authorization)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var problem struct {
			Status int
			Detail string
		}
		if c.want == 401 {
			if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil || problem.Status != resp.StatusCode || problem.Detail == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: problem %+v, %v", c.path, problem, err)
			}
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s with %q: %s", c.path, c.authorization, resp.Status)
		}
	}
}
