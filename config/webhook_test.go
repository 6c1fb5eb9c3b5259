package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestWebhooks(t *testing.T) {
	one := Webhook{URL: "https://example.org/a", SecretFile: "/etc/secret"}
	two := Webhook{URL: "http://127.0.0.1/b", SecretFile: "/s", Events: []string{"mix_started", "mix_stopped"}}
	text := "webhooks:\n- {url: https://example.org/a, secret-file: /etc/secret}\n- url: http://127.0.0.1/b\n  secret-file: /s\n  events: [mix_started, mix_stopped]\n"
	cfg, err := Load(Sources{File: write(t, text)})
	if err != nil {
		t.Fatal(err)
	}
	if hooks, err := cfg.Webhooks.List(); err != nil || !reflect.DeepEqual(hooks, []Webhook{one, two}) {
		t.Errorf("List() = %+v, %v", hooks, err)
	}
	cfg, err = Load(Sources{File: write(t, text), Env: environment(map[string]string{
		"LIANMAI_WEBHOOKS": `[{"url": "https://example.org/a", "secret-file": "/etc/secret"}]`,
	})})
	if err != nil {
		t.Fatal(err)
	}
	if hooks, err := cfg.Webhooks.List(); err != nil || !reflect.DeepEqual(hooks, []Webhook{one}) {
		t.Errorf("of the environment: %+v, %v", hooks, err)
	}
	all, err := cfg.Webhooks.Add([]string{"https://example.org/c", "https://example.org/d"}, "/f")
	if hooks, listErr := all.List(); err != nil || listErr != nil || len(hooks) != 3 || hooks[2].SecretFile != "/f" || hooks[2].URL != "https://example.org/d" {
		t.Errorf("with flags: %+v, %v, %v", hooks, err, listErr)
	}
	if _, err := cfg.Webhooks.Add([]string{"https://example.org/c"}, ""); !errors.Is(err, ErrValue) {
		t.Errorf("flags without a secret: %v", err)
	}
	if hooks, err := Default().Webhooks.List(); hooks != nil || err != nil {
		t.Errorf("the default: %v, %v", hooks, err)
	}
}

func TestBadWebhooks(t *testing.T) {
	for _, c := range []struct {
		text, names string
		want        error
	}{
		{"webhooks: https://example.org/hush0815", "webhooks", ErrValue},
		{"webhooks: [https://example.org/hush0815]", "webhooks", ErrValue},
		{"webhooks: [{url: https://example.org/hush0815, secret_file: /s}]", "did you mean secret-file?", ErrUnknownKey},
		{"webhooks: [{url: https://example.org/hush0815}]", "webhooks[0].secret-file", ErrValue},
		{"webhooks: [{secret-file: /s}]", "webhooks[0].url", ErrValue},
		{"webhooks: [{url: ftp://example.org/hush0815, secret-file: /s}]", "webhooks[0].url", ErrValue},
		{"webhooks: [{url: https://example.org/hush0815, secret-file: [a]}]", "webhooks[0].secret-file", ErrValue},
		{"webhooks: [{url: https://example.org/hush0815, secret-file: /s, events: mix_started}]", "webhooks[0].events", ErrValue},
		{"webhooks: [" + strings.Repeat("{url: https://example.org, secret-file: /s}, ", 17) + "]", "at most 16", ErrValue},
		{"webhooks: {url: https://example.org/hush0815}", "webhooks.url", ErrUnknownKey},
	} {
		_, err := Load(Sources{File: write(t, c.text)})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.names) || strings.Contains(err.Error(), "hush0815") {
			t.Errorf("%s: error = %v; want %v naming %s", c.text, err, c.want, c.names)
		}
	}
}
