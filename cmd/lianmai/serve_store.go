package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/store"
)

// addStoreFlags adds what says where the service keeps what must survive.
func addStoreFlags(flags *pflag.FlagSet, defaults config.Config) {
	flags.String("data", defaults.Data, "`DIR` for mixes, templates, pictures and sounds; without it, and without --nats, they are gone when the service ends")
	flags.String("nats", defaults.NATS.URL, "keep mixes, templates, pictures and sounds on NATS servers with JetStream, `URL` such as nats://10.0.0.5:4222; several with commas between them")
	flags.String("nats-credentials", defaults.NATS.Credentials, "`FILE` with the credentials for --nats")
	flags.String("nats-replicas", defaults.NATS.Replicas, "how many of the NATS servers keep everything, `N`: 1 (default), 3 or 5")
	flags.String("node", defaults.NATS.Node, "`NAME` of this service among those that share --nats: it runs the mixes that were started under it; by default the host's name")
}

// kept is what a service has of its store.
type kept struct {
	store   *store.Store
	library *server.Library
	keeping server.Keeping
	lost    <-chan struct{} // closed when another process runs as this node
	// writable says why nothing can be kept any more.
	writable func() error
	close    func() error
}

// errLost ends a service whose node another process runs as.
var errLost = errors.New("another process runs as this node (--node); its mixes are that one's now")

// openKept opens what --data or --nats keeps.
func openKept(ctx context.Context, cfg config.Config, log *slog.Logger) (*kept, error) {
	flag, durable := "--data", cfg.Data != "" || cfg.NATS.URL != ""
	if cfg.NATS.URL != "" {
		flag = "--nats"
	}
	settings := store.Config{
		URL: cfg.NATS.URL, Credentials: cfg.NATS.Credentials, Node: cfg.NATS.Node, Replicas: cfg.NATS.ReplicaCount(),
		MaxSizes: map[store.Kind]int64{store.Sound: cfg.Assets.SoundBytes()}, Log: log.With("part", "store"),
	}
	var sounds string
	cleanUp := func() error { return nil }
	if cfg.Data != "" {
		settings.Dir, sounds = filepath.Join(cfg.Data, "store"), filepath.Join(cfg.Data, "sounds")
	} else {
		if !durable {
			log.Info("mixes, templates, pictures and sounds are kept until the service ends; --data DIR keeps them for longer")
		}
		var err error
		if sounds, err = os.MkdirTemp("", "lianmai-sounds-"); err != nil {
			return nil, err
		}
		cleanUp = func() error { return os.RemoveAll(sounds) }
	}
	s, err := store.Open(ctx, settings)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", flag, err), cleanUp())
	}
	k := &kept{
		store:    s,
		keeping:  server.Keeping{Events: s, Log: log.With("part", "mixes")},
		lost:     s.Lost(),
		writable: s.Writable,
		close:    func() error { return errors.Join(s.Close(), cleanUp()) },
	}
	if durable {
		k.keeping.Mixes = s
	}
	k.library = server.NewLibrary(s, server.LibraryConfig{
		Pictures: compose.PictureLimits{Bytes: cfg.Assets.Bytes(), Side: cfg.Assets.Side()},
		Sounds:   decode.SoundLimits{Bytes: cfg.Assets.SoundBytes(), Duration: cfg.Assets.SoundDuration()},
		Dir:      sounds,
	})
	return k, nil
}

// whileHeld returns a ctx that ends with errLost when another process runs as this node.
func (k *kept) whileHeld(ctx context.Context) (held context.Context, stop func()) {
	held, lose := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-k.lost:
			lose(errLost)
		case <-held.Done():
		}
	}()
	return held, func() { lose(nil) }
}
