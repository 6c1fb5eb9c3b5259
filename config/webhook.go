package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The bounds of Webhooks.
const (
	mostWebhooks    = 16
	maxWebhooksText = 64 << 10 // bytes
)

// Webhooks is a list of Webhook as text: JSON as the environment has it, which is what
// a list in the file becomes. Empty for none.
type Webhooks string

// Webhook is where events of mixes are sent to.
type Webhook struct {
	// URL begins with https:// or http://. Required.
	URL string `json:"url"`
	// SecretFile has the secrets that sign messages, one a line. Required.
	SecretFile string `json:"secret-file"`
	// Events are the kinds that are sent, such as mix_started, or all. Default: all but
	// active_speaker_changed.
	Events []string `json:"events,omitempty"`
}

// webhookKeys are those of a Webhook.
var webhookKeys = []string{"url", "secret-file", "events"}

// List returns the webhooks. Errors: ErrUnknownKey, ErrValue; everything that is wrong is
// told at once. No URL is quoted: it may have a secret.
func (w Webhooks) List() ([]Webhook, error) {
	if strings.TrimSpace(string(w)) == "" {
		return nil, nil
	}
	if len(w) > maxWebhooksText {
		return nil, fmt.Errorf("%w: webhooks: more than %d bytes", ErrValue, maxWebhooksText)
	}
	var items []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(w), &items); err != nil {
		return nil, fmt.Errorf(`%w: webhooks: want a list such as [{"url": "https://…", "secret-file": "/…"}]`, ErrValue)
	}
	if len(items) > mostWebhooks {
		return nil, fmt.Errorf("%w: webhooks: there are %d; at most %d", ErrValue, len(items), mostWebhooks)
	}
	hooks, faults := make([]Webhook, len(items)), []error(nil)
	for i, item := range items {
		var err error
		hooks[i], err = readWebhook(fmt.Sprintf("webhooks[%d]", i), item)
		faults = append(faults, err)
	}
	return hooks, errors.Join(faults...)
}

// readWebhook reads the webhook at a path.
func readWebhook(path string, item map[string]json.RawMessage) (hook Webhook, err error) {
	var faults []error
	for key := range item {
		if !slices.Contains(webhookKeys, key) {
			faults = append(faults, unknownKey(path, key, webhookKeys))
		}
	}
	for key, to := range map[string]any{"url": &hook.URL, "secret-file": &hook.SecretFile, "events": &hook.Events} {
		if raw, ok := item[key]; ok && json.Unmarshal(raw, to) != nil {
			want := "text"
			if key == "events" {
				want = "a list of texts"
			}
			faults = append(faults, fmt.Errorf("%w: %s.%s: want %s", ErrValue, path, key, want))
		}
	}
	if len(faults) > 0 {
		return hook, errors.Join(faults...)
	}
	return hook, hook.validate(path)
}

// validate returns every value that is wrong, each an ErrValue. The secrets and the kinds
// are for who reads them.
func (h Webhook) validate(path string) error {
	var faults []error
	if !strings.HasPrefix(h.URL, "https://") && !strings.HasPrefix(h.URL, "http://") {
		faults = append(faults, fmt.Errorf("%w: %s.url: want https://… or http://…", ErrValue, path))
	}
	if h.SecretFile == "" {
		faults = append(faults, fmt.Errorf("%w: %s.secret-file: want a file; `lianmai webhook secret` makes what it has", ErrValue, path))
	}
	return errors.Join(faults...)
}

// Add returns w and those of flags: URLs that share a file of secrets.
func (w Webhooks) Add(urls []string, secretFile string) (Webhooks, error) {
	hooks, err := w.List()
	if err != nil || len(urls) == 0 {
		return w, err
	}
	for _, url := range urls {
		hooks = append(hooks, Webhook{URL: url, SecretFile: secretFile})
	}
	text, err := json.Marshal(hooks)
	if err != nil {
		return w, fmt.Errorf("%w: webhooks: %w", ErrValue, err)
	}
	_, err = Webhooks(text).List()
	return Webhooks(text), err
}

// webhooksText returns what a file has under a key as the text of Webhooks.
func webhooksText(key string, value any) (string, bool) {
	if _, ok := value.([]any); !ok || key != "webhooks" {
		return "", false
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}
