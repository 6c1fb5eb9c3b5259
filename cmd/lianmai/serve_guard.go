package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/rtmp"
)

// guards keep away from the service what it should not serve.
type guards struct {
	door         *guard.Door
	certificates *guard.Certificates // nil for no TLS
	authorize    func(rtmp.Access) error
	policy       guard.Policy
}

// addGuardFlags adds the flags of `lianmai serve` that are about guards.
func addGuardFlags(flags *pflag.FlagSet) {
	defaults := config.Default()
	flags.String("tokens", "", "YAML `FILE` of tokens and client certificates that may call; see lianmai token")
	flags.String("tls-cert", "", "PEM `FILE` of the certificate of the API and HTTP; read again when it changes")
	flags.String("tls-key", "", "PEM `FILE` of its private key")
	flags.String("tls-client-ca", "", "PEM `FILE` of the authorities whose client certificates may call")
	flags.Var(&listFlag{}, "allow-input", "where streams may be pulled from: `HOST`, *.DOMAIN, ADDRESS or CIDR, with :PORT or without, or * for all public ones; may be repeated")
	flags.Var(&listFlag{}, "allow-output", "where streams may be pushed to, a `HOST` and so on as --allow-input has it; may be repeated")
	flags.Bool("allow-private", false, "let inputs and outputs have private and loopback addresses: for laboratories")
	flags.String("publish-keys", "", "`FILE` of secrets that publishers' keys are made with, one a line; see lianmai token stream")
	flags.String("publish-key", "", "such a `SECRET` itself; others of this machine can see it, so better --publish-keys")
	flags.Bool("publish-play", false, "players need a key too")
	flags.String("limit-calls", defaults.Limit.Calls, "how many calls a second each token, or address, may make, `N`; twice as many at once")
	flags.String("limit-connections", defaults.Limit.Connections, "the most connections of the API and of HTTP, `N` each")
	flags.String("limit-connections-per-address", defaults.Limit.ConnectionsPerAddress, "the most of them from one IPv4 address or IPv6 /64, `N`")
}

// listFlag is a list that a flag may be repeated for.
type listFlag struct{ entries []string }

// String returns the list, parted by commas.
func (l *listFlag) String() string { return strings.Join(l.entries, ",") }

// Set adds to the list.
func (l *listFlag) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			l.entries = append(l.entries, part)
		}
	}
	return nil
}

// Type names the kind of value in the help.
func (l *listFlag) Type() string { return "LIST" }

// openGuards reads what the guards need, and again on SIGHUP until ctx is done. An
// address beyond loopback that would be open to everybody is a usageError.
func openGuards(ctx context.Context, cfg config.Config, log *slog.Logger) (g guards, err error) {
	if err := cfg.CheckOpen(); err != nil {
		return g, usageError{err}
	}
	g.policy = guard.Policy{Inputs: cfg.Allow.Inputs(), Outputs: cfg.Allow.Outputs(), Private: cfg.Allow.PrivateToo()}
	if _, err := g.policy.Gate(); err != nil {
		return g, usageError{fmt.Errorf("--allow-input, --allow-output: %w", err)}
	}
	keys, err := guard.OpenKeyring(cfg.Tokens, log)
	if err != nil {
		return g, fmt.Errorf("--tokens: %w", err)
	}
	g.door = guard.NewDoor(guard.DoorConfig{
		Keys: keys, Certificates: cfg.TLS.ClientCA != "", Calls: cfg.Limit.CallsPerSecond(), Log: log,
	})
	reloads := []func() error{keys.Reload}
	if cfg.TLS.Cert != "" {
		g.certificates, err = guard.OpenCertificates(guard.CertificateFiles(cfg.TLS), log)
		if err != nil {
			return g, fmt.Errorf("--tls-cert, --tls-key, --tls-client-ca: %w", err)
		}
		reloads = append(reloads, g.certificates.Reload)
	} else if cfg.Tokens != "" {
		log.Info("tokens travel as plain text: give --tls-cert and --tls-key, or let something else encrypt the way here")
	}
	streams, err := streamKeys(cfg.Publish.Key, cfg.Publish.Keys, log)
	if err != nil {
		return g, fmt.Errorf("--publish-key, --publish-keys: %w", err)
	}
	if streams != nil {
		g.authorize = authorizer(streams, cfg.Publish.PlayToo())
		reloads = append(reloads, streams.Reload)
	}
	if cfg.Tokens == "" && cfg.TLS.Cert == "" && cfg.Publish.Keys == "" {
		// SIGHUP would end the process; `systemctl reload` must not.
		onHangup(ctx, sync.OnceFunc(func() {
			log.Info("SIGHUP: nothing to read again without --tokens, --tls-cert or --publish-keys")
		}))
		return g, nil
	}
	onHangup(ctx, func() {
		for _, reload := range reloads {
			if err := reload(); err != nil {
				log.Error("cannot be read again: what was read before stays in force", "error", err)
			}
		}
		log.Info("tokens, certificates and stream keys read again")
	})
	return g, nil
}

// onHangup calls do for each SIGHUP until ctx is done.
func onHangup(ctx context.Context, do func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		defer signal.Stop(hangups)
		for {
			select {
			case <-hangups:
				do()
			case <-ctx.Done():
				return
			}
		}
	}()
}

// streamKeys returns the keys of a secret, or of a file of secrets; nil for neither.
func streamKeys(secret, file string, log *slog.Logger) (*guard.StreamKeys, error) {
	switch {
	case file != "":
		return guard.OpenStreamKeys(file, log)
	case secret != "":
		return guard.NewStreamKeys(secret)
	}
	return nil, nil
}

// authorizer is the origin's hook that asks publishers, and players if play is true, for
// their key.
func authorizer(keys *guard.StreamKeys, play bool) func(rtmp.Access) error {
	return func(a rtmp.Access) error {
		switch {
		case a.Publish:
			return keys.Check(guard.Publish, a.Stream, a.Query)
		case play:
			return keys.Check(guard.Play, a.Stream, a.Query)
		}
		return nil
	}
}

// listenWithin listens within limits. flag is that of the address.
func listenWithin(flag, addr string, limit config.Limit, log *slog.Logger) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, listenError(flag, addr, err)
	}
	total, perAddress := limit.Conns()
	return guard.Limit(l, guard.ConnLimits{Total: total, PerAddr: perAddress}, log.With("part", flag)), nil
}

// errNoStreamKeys says which flags are missing.
var errNoStreamKeys = errors.New("want --publish-keys FILE or --publish-key SECRET, as the service has it")
