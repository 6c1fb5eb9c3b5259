package main

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/webhook"
)

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
