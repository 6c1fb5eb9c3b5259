package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/pflag"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/store"
	"github.com/lianmai/lianmai/webhook"
)

// addWebhookFlags adds the flags of `lianmai serve` that are about webhooks.
func addWebhookFlags(flags *pflag.FlagSet) {
	flags.StringArray("webhook", nil, "send the events of mixes to `URL`, signed; may be repeated; the file has more choices, see docs/webhooks.md")
	flags.String("webhook-secret-file", "", "`FILE` with the secret that signs them, as lianmai webhook secret prints one")
}

// withWebhookFlags returns cfg with the webhooks of the command line, too.
func withWebhookFlags(cfg config.Config, flags *pflag.FlagSet) (config.Config, error) {
	urls, err := flags.GetStringArray("webhook")
	if err != nil {
		return cfg, err
	}
	file, err := flags.GetString("webhook-secret-file")
	if err != nil {
		return cfg, err
	}
	if len(urls) > 0 && file == "" {
		return cfg, errors.New("--webhook needs --webhook-secret-file FILE; lianmai webhook secret makes what it has")
	}
	cfg.Webhooks, err = cfg.Webhooks.Add(urls, file)
	return cfg, err
}

// eventFeed is a store's events as webhooks want them.
type eventFeed struct{ store *store.Store }

// Follow implements webhook.Feed.
func (f eventFeed) Follow(ctx context.Context, name string, handle func(context.Context, webhook.Event) error) error {
	return f.store.Follow(ctx, name, func(ctx context.Context, e store.Event) error {
		return handle(ctx, webhook.Event{Seq: e.Seq, Mix: e.Mix, Time: e.Time, Data: e.Data})
	})
}

// startWebhooks sends the events of feed to the webhooks of a configuration; stop ends
// that and waits for it, and stats says how each is doing. A bad one is a usageError.
func startWebhooks(hooks config.Webhooks, feed webhook.Feed, log *slog.Logger) (stop func(), stats func() []webhook.Stats, err error) {
	endpoints, err := webhookEndpoints(hooks)
	if err != nil {
		return nil, nil, usageError{err}
	}
	sender, err := webhook.Start(feed, endpoints, log)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("webhooks: %w", err)}
	}
	return sender.Close, sender.Stats, nil
}

// webhookEndpoints reads the secrets of webhooks; everything that is wrong is told at once.
func webhookEndpoints(hooks config.Webhooks) ([]webhook.Endpoint, error) {
	list, err := hooks.List()
	if err != nil {
		return nil, err
	}
	endpoints, faults := make([]webhook.Endpoint, len(list)), []error(nil)
	for i, hook := range list {
		secrets, err := webhook.ReadSecrets(hook.SecretFile)
		if err != nil {
			faults = append(faults, fmt.Errorf("webhooks[%d].secret-file: %w", i, err))
		}
		endpoints[i] = webhook.Endpoint{URL: hook.URL, Secrets: secrets, Events: hook.Events}
	}
	return endpoints, errors.Join(faults...)
}
