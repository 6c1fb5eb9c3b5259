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
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/store"
)

func newServeCommand(makeEngine engineMaker) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the mixing service",
		Long: `Run the mixing service: the API over gRPC, probes over HTTP, and an RTMP origin to
publish to and play from.

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
  log:
    level: info
    format: auto

SIGTERM or Ctrl-C ends the mixes cleanly, within 5 seconds, and then the service.

Unless it is told who may call (--tokens, --tls-client-ca) and who may publish
(--publish-keys), it listens on loopback alone. Streams are pulled from and pushed to
public addresses and its own origin; --allow-input and --allow-output say otherwise.
docs/security.md tells more.`,
		Example: `  lianmai serve
  lianmai serve --config /etc/lianmai.yaml
  lianmai serve --grpc :7070 --tokens tokens.yaml --http off --rtmp off --log-level debug
  lianmai serve --allow-input '*.example.com:1935' --allow-output 10.20.0.0/16`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd, file)
			if err != nil {
				return err
			}
			log := newLogger(cmd.ErrOrStderr(), cfg.Log)
			return serve(cmd.Context(), cfg, makeEngine, log, cmd.OutOrStdout())
		},
	}
	flags, defaults := cmd.Flags(), config.Default()
	flags.StringVar(&file, "config", "", "YAML `FILE` with settings")
	flags.String("grpc", defaults.GRPC, "where the API listens, `HOST:PORT`")
	flags.String("http", defaults.HTTP, "where the probes listen, `HOST:PORT`, or off")
	flags.String("rtmp", defaults.RTMP, "where the RTMP origin listens, `HOST:PORT`, or off")
	flags.String("data", defaults.Data, "`DIR` for templates, pictures and sounds; without it they are gone when the service ends")
	flags.String("assets-max-bytes", defaults.Assets.MaxBytes, "the most bytes of one picture, `SIZE` such as 800KB or 5MB; up to "+config.MostBytes)
	flags.String("assets-max-side", defaults.Assets.MaxSide, "the most pixels of a picture's side, `N`")
	flags.String("assets-max-sound-bytes", defaults.Assets.MaxSoundBytes, "the most bytes of one sound, `SIZE` such as 50MB or 1GB; up to "+config.MostSoundBytes)
	flags.String("assets-max-sound-duration", defaults.Assets.MaxSoundDuration, "how long one sound may be, `DURATION` such as 90m or 6h; up to 24h")
	flags.String("log-level", defaults.Log.Level, "debug, info, warn or error")
	flags.String("log-format", defaults.Log.Format, "text, json or auto: text on a terminal, else JSON")
	addGuardFlags(flags)
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
	library, closeLibrary, err := openLibrary(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLibrary()) }()
	guards, err := openGuards(ctx, cfg, log)
	if err != nil {
		return err
	}
	grpc, http, err := listen(cfg, log)
	if err != nil {
		return err
	}
	parts := []string{"lianmai " + version, "gRPC " + grpc.Addr().String()}
	if http != nil {
		parts = append(parts, "HTTP "+http.Addr().String())
	}
	if config.Enabled(cfg.RTMP) {
		origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: cfg.RTMP, Log: log.With("part", "origin"), Authorize: guards.authorize})
		if err := origin.Start(); err != nil {
			return errors.Join(listenError("rtmp", cfg.RTMP, err), closeAll(grpc, http))
		}
		// The mixes end first: they may push to this origin.
		defer func() {
			if err := origin.Close(); err != nil {
				log.Warn("closing the origin", "error", err)
			}
		}()
		guards.policy.Origin = origin.Addr().String()
		parts = append(parts, "RTMP "+origin.Addr().String())
	}
	fonts := newFonts(log)
	engine, errEngine := makeEngine(fonts, library, guards.policy, log)
	gate, errGate := guards.policy.Gate()
	if err := errors.Join(errEngine, errGate); err != nil {
		return errors.Join(err, closeAll(grpc, http))
	}
	srv, err := server.New(server.Config{
		GRPC: grpc, HTTP: http, Log: log, Version: version, Fonts: fonts,
		Mixes: server.NewRegistry(engine, library, server.Limits{}),
		Door:  guards.door, Gate: gate, TLS: guards.certificates,
	})
	if err != nil {
		return errors.Join(err, closeAll(grpc, http))
	}
	fmt.Fprintln(banner, strings.Join(parts, " · "))
	return srv.Serve(ctx)
}

// openLibrary opens what --data keeps. close ends it.
func openLibrary(ctx context.Context, cfg config.Config, log *slog.Logger) (library *server.Library, close func() error, err error) {
	var dir, sounds string
	cleanUp := func() error { return nil }
	if cfg.Data == "" {
		log.Info("templates, pictures and sounds are kept until the service ends; --data DIR keeps them for longer")
		if sounds, err = os.MkdirTemp("", "lianmai-sounds-"); err != nil {
			return nil, nil, err
		}
		cleanUp = func() error { return os.RemoveAll(sounds) }
	} else {
		dir, sounds = filepath.Join(cfg.Data, "store"), filepath.Join(cfg.Data, "sounds")
	}
	kept, err := store.Open(ctx, store.Config{
		Dir: dir, MaxSizes: map[store.Kind]int64{store.Sound: cfg.Assets.SoundBytes()}, Log: log.With("part", "store"),
	})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("--data: %w", err), cleanUp())
	}
	library = server.NewLibrary(kept, server.LibraryConfig{
		Pictures: compose.PictureLimits{Bytes: cfg.Assets.Bytes(), Side: cfg.Assets.Side()},
		Sounds:   decode.SoundLimits{Bytes: cfg.Assets.SoundBytes(), Duration: cfg.Assets.SoundDuration()},
		Dir:      sounds,
	})
	return library, func() error { return errors.Join(kept.Close(), cleanUp()) }, nil
}

// listen opens the listeners of the API and, unless it is off, of the probes.
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
