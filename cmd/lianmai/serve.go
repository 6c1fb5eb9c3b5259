package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/config"
)

func newServeCommand(makeEngine engineMaker) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the mixing service",
		Long: `Run the mixing service: the API over gRPC, the same as REST and probes over HTTP, and
an RTMP origin to publish to and play from. /openapi.json describes the REST API.

What is set by a flag counts first, then the environment (` + config.EnvPrefix + `GRPC for --grpc,
` + config.EnvPrefix + `LOG_LEVEL for --log-level), then the file:

  grpc: 127.0.0.1:7070
  http: 127.0.0.1:8080
  rtmp: 127.0.0.1:1935
  data: /var/lib/lianmai
  assets:
    max-bytes: 5MB
    max-side: 4096
    max-sound-bytes: 200MB
    max-sound-duration: 6h
  metrics: http
  pprof: "off"
  drain:
    delay: 0s
    timeout: 5s
  log:
    level: info
    format: auto

/metrics, for Prometheus, is on the HTTP listener; --metrics HOST:PORT gives it one of its
own, on loopback unless a host is named.

SIGTERM or Ctrl-C drains: no new mix is taken and /readyz says so; after --drain-delay
the mixes are ended cleanly, within --drain-timeout, and then the service, with exit code
0. With --data or --nats they go on when the service is started again. A second signal
ends it at once.

Unless it is told who may call (--tokens, --tls-client-ca) and who may publish
(--publish-keys), it listens on loopback alone. Streams are pulled from and pushed to
public addresses and its own origin; --allow-input and --allow-output say otherwise.
docs/security.md tells more.`,
		Example: `  lianmai serve
  lianmai serve --config /etc/lianmai.yaml
  lianmai serve --grpc :7070 --tokens tokens.yaml --http off --rtmp off --log-level debug
  lianmai serve --allow-input '*.example.com:1935' --allow-output 10.20.0.0/16
  lianmai serve --metrics 10.0.0.5:9464 --pprof 127.0.0.1:6060 --drain-delay 10s`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd, file)
			if err != nil {
				return err
			}
			if cfg, err = withWebhookFlags(cfg, cmd.Flags()); err != nil {
				return usageError{err}
			}
			log := newLogger(cmd.ErrOrStderr(), cfg.Log)
			return serve(cmd.Context(), cfg, makeEngine, log, cmd.OutOrStdout())
		},
	}
	flags, defaults := cmd.Flags(), config.Default()
	flags.StringVar(&file, "config", "", "YAML `FILE` with settings")
	flags.String("grpc", defaults.GRPC, "where the API listens, `HOST:PORT`")
	flags.String("http", defaults.HTTP, "where REST, the probes and the metrics listen, `HOST:PORT`, or off")
	flags.String("rtmp", defaults.RTMP, "where the RTMP origin listens, `HOST:PORT`, or off")
	addStoreFlags(flags, defaults)
	flags.String("assets-max-bytes", defaults.Assets.MaxBytes, "the most bytes of one picture, `SIZE` such as 800KB or 5MB; up to "+config.MostBytes)
	flags.String("assets-max-side", defaults.Assets.MaxSide, "the most pixels of a picture's side, `N`")
	flags.String("assets-max-sound-bytes", defaults.Assets.MaxSoundBytes, "the most bytes of one sound, `SIZE` such as 50MB or 1GB; up to "+config.MostSoundBytes)
	flags.String("assets-max-sound-duration", defaults.Assets.MaxSoundDuration, "how long one sound may be, `DURATION` such as 90m or 6h; up to 24h")
	flags.String("metrics", defaults.Metrics, "where Prometheus finds /metrics, `HOST:PORT`; http: beside the probes; or off")
	flags.String("pprof", defaults.PProf, "where Go's profiles are, `HOST:PORT` of loopback, or off")
	flags.String("drain-delay", defaults.Drain.Delay, "how long SIGTERM leaves the mixes alone, for load balancers to notice, `DURATION` such as 10s; up to 5m")
	flags.String("drain-timeout", defaults.Drain.Timeout, "how long the mixes then get to end, `DURATION` such as 5s; up to 5m")
	flags.String("log-level", defaults.Log.Level, "debug, info, warn or error")
	flags.String("log-format", defaults.Log.Format, "text, json or auto: text on a terminal, else JSON")
	addGuardFlags(flags)
	addWebhookFlags(flags)
	addCapacityFlags(flags, defaults)
	completeFrom(cmd, "log-level", []string{"debug", "info", "warn", "error"})
	completeFrom(cmd, "log-format", []string{"auto", "text", "json"})
	return cmd
}

// loadConfig reads the service's settings for cmd; file is what --config says. A bad
// one is a usageError.
func loadConfig(cmd *cobra.Command, file string) (config.Config, error) {
	cfg, err := config.Load(config.Sources{
		File:  cmp.Or(file, os.Getenv(config.EnvPrefix+"CONFIG")),
		Env:   os.LookupEnv,
		Flags: cmd.Flags(),
	})
	if err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

// serve runs the service until ctx is done and has then ended everything. The line
// that says what listens where goes to banner.
func serve(ctx context.Context, cfg config.Config, makeEngine engineMaker, log *slog.Logger, banner io.Writer) (err error) {
	guards, err := openGuards(ctx, cfg, log)
	if err != nil {
		return err
	}
	kept, err := openKept(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.close()) }()
	ctx, stop := kept.whileHeld(ctx)
	defer stop()
	s := &serving{cfg: cfg, log: log, guards: guards, kept: kept}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := s.open(); err != nil {
		return err
	}
	if err := s.assemble(makeEngine); err != nil {
		return err
	}
	s.mixes.Keep(kept.keeping)
	if err := s.mixes.Resume(ctx); err != nil {
		return errors.Join(err, s.mixes.Close(ctx))
	}
	fmt.Fprintln(banner, strings.Join(s.banner, " · "))
	err = s.server.Serve(ctx)
	if cause := context.Cause(ctx); errors.Is(cause, errLost) {
		err = errors.Join(cause, err)
	}
	return err
}

// listen opens the listeners of gRPC and, unless it is off, of HTTP.
func listen(cfg config.Config, log *slog.Logger) (grpc, http net.Listener, err error) {
	grpc, err = listenWithin("grpc", cfg.GRPC, cfg.Limit, log)
	if err != nil {
		return nil, nil, err
	}
	if !config.Enabled(cfg.HTTP) {
		return grpc, nil, nil
	}
	http, err = listenWithin("http", cfg.HTTP, cfg.Limit, log)
	if err != nil {
		return nil, nil, errors.Join(err, closeAll(grpc))
	}
	return grpc, http, nil
}

// closeAll closes listeners that were never served.
func closeAll(listeners ...net.Listener) error {
	var errs []error
	for _, l := range listeners {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// listenError says in one line which flag to change.
func listenError(flag, addr string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("cannot listen on %s: the port is taken; choose another with --%s HOST:PORT", addr, flag)
	}
	return fmt.Errorf("cannot listen on %s (--%s): %w", addr, flag, err)
}
