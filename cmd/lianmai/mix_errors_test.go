package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/config"
)

func TestRefusalsSayWhatToGive(t *testing.T) {
	t.Setenv(tokenEnv, "")
	const send = `not authenticated: send a token in the header "authorization: Bearer TOKEN"`
	for name, c := range map[string]struct {
		env      string
		identity identity
		code     codes.Code
		message  string
		want     []string
	}{
		"no token":          {"", identity{}, codes.Unauthenticated, send, []string{"--token-file FILE", "LIANMAI_TOKEN", "--cert FILE"}},
		"wrong token":       {"x", identity{}, codes.Unauthenticated, "not authenticated: nobody knows this token", []string{"nobody knows", "(the one of LIANMAI_TOKEN)"}},
		"wrong file":        {"x", identity{tokenFile: "f"}, codes.Unauthenticated, "nobody knows this token", []string{"(the one of --token-file)"}},
		"wrong certificate": {"", identity{cert: "c", key: "k"}, codes.Unauthenticated, "not on the list", []string{"not on the list", "--token-file FILE"}},
		"unknown authority": {"", identity{}, codes.Unavailable, "tls: failed to verify certificate: x509: certificate signed by unknown authority", []string{"--ca FILE"}},
		"no server":         {"", identity{}, codes.Unavailable, "connection refused", []string{"connection refused", "lianmai serve", "--server"}},
	} {
		t.Setenv(tokenEnv, c.env)
		var out bytes.Buffer
		from := client{server: "h:1", identity: c.identity}
		reportError(&out, nil, from.explain(status.Error(c.code, c.message), nil))
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in %s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), "authorization") || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}

// What gRPC says of TLS on one side only is what the guesses are made from.
func TestTLSOnOneSideIsHintedAt(t *testing.T) {
	start := func(tls bool) shell {
		cfg := config.Default()
		cfg.GRPC, cfg.HTTP, cfg.RTMP = "127.0.0.1:0", "off", "off"
		if tls {
			cfg.TLS.Cert, cfg.TLS.Key = keyPair(t, time.Now().AddDate(0, 0, 30))
		}
		ctx, cancel := context.WithCancel(t.Context())
		banner, served := lineWriter{make(chan string, 1)}, make(chan error, 1)
		go func() { served <- serve(ctx, cfg, stubMaker, slog.New(slog.DiscardHandler), banner) }()
		t.Cleanup(func() {
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
		return shell{t, grpcIn.FindStringSubmatch(<-banner.lines)[1]}
	}
	encrypted, plain := start(true), start(false)
	for _, c := range []struct {
		s    shell
		args []string
		want string
	}{
		{encrypted, nil, "does it want TLS? --tls"},
		{encrypted, []string{"--tls"}, "--server wants a name that is in its certificate"},
		{plain, []string{"--tls"}, "leave --tls, --ca and --cert out"},
	} {
		if code, _, stderr := c.s.run(append([]string{"mix", "list"}, c.args...)...); code != exitFailed || !strings.Contains(stderr, c.want) {
			t.Errorf("%q = %d, want %q:\n%s", c.args, code, c.want, stderr)
		}
	}
}
