package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestListsOfAddresses(t *testing.T) {
	for name, src := range map[string]Sources{
		"list":        {File: write(t, "allow:\n  input: [cdn.example.com, '*.example.net:1935']\n  private: true\n")},
		"text":        {File: write(t, "allow: {input: 'cdn.example.com, *.example.net:1935', private: 'true'}")},
		"environment": {Env: environment(map[string]string{"LIANMAI_ALLOW_INPUT": "cdn.example.com,*.example.net:1935", "LIANMAI_ALLOW_PRIVATE": "1"})},
	} {
		cfg, err := Load(src)
		if err != nil || !slices.Equal(cfg.Allow.Inputs(), []string{"cdn.example.com", "*.example.net:1935"}) || cfg.Allow.Outputs() != nil || !cfg.Allow.PrivateToo() {
			t.Errorf("%s: %+v, %v", name, cfg.Allow, err)
		}
	}
	for _, text := range []string{"allow: {input: [1]}", "allow: {input: ['a,b']}", "rtmp: [a]", "tokens: [a]"} {
		if _, err := Load(Sources{File: write(t, text)}); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v, want ErrValue", text, err)
		}
	}
}

func TestBadGuards(t *testing.T) {
	for text, names := range map[string]string{
		"tls: {cert: a}":                           "tls: cert and key",
		"tls: {key: a}":                            "tls: cert and key",
		"tls: {client-ca: a}":                      "tls.client-ca",
		"publish: {key: a, keys: b}":               "publish: key or keys",
		"publish: {play: true}":                    "publish.play",
		"publish: {play: maybe, key: a}":           "publish.play",
		"allow: {private: some}":                   "allow.private",
		"limit: {calls: 0}":                        "limit.calls",
		"limit: {connections: many}":               "limit.connections",
		"limit: {connections-per-address: 100001}": "limit.connections-per-address",
		"tls: {cart: a}":                           "did you mean tls.cert",
	} {
		if _, err := Load(Sources{File: write(t, text)}); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v; want %s", text, err, names)
		}
	}
}

func TestOnlyLoopbackIsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		faults []string
	}{
		"defaults":              {func(*Config) {}, nil},
		"localhost":             {func(c *Config) { c.GRPC = "localhost:1" }, nil},
		"IPv6":                  {func(c *Config) { c.GRPC, c.HTTP, c.RTMP = "[::1]:1", "[::1]:2", "[::1]:3" }, nil},
		"mapped":                {func(c *Config) { c.GRPC = "[::ffff:127.0.0.2]:1" }, nil},
		"off":                   {func(c *Config) { c.HTTP, c.RTMP = "off", "" }, nil},
		"everywhere":            {func(c *Config) { c.GRPC, c.HTTP, c.RTMP = ":1", "0.0.0.0:2", "[::]:3" }, []string{"--grpc :1", "--http 0.0.0.0:2", "--rtmp [::]:3", "--tokens FILE", "--tls-client-ca FILE", "--publish-keys FILE"}},
		"a name":                {func(c *Config) { c.GRPC = "mixer.example.com:1" }, []string{"--grpc"}},
		"with tokens":           {func(c *Config) { c.GRPC, c.HTTP, c.Tokens = ":1", ":2", "f" }, nil},
		"with certificates":     {func(c *Config) { c.GRPC, c.HTTP, c.TLS.ClientCA = ":1", ":2", "f" }, nil},
		"TLS says not who":      {func(c *Config) { c.GRPC, c.TLS.Cert, c.TLS.Key = ":1", "f", "f" }, []string{"--grpc"}},
		"tokens do not publish": {func(c *Config) { c.RTMP, c.Tokens = ":1", "f" }, []string{"--rtmp"}},
		"publish keys":          {func(c *Config) { c.RTMP, c.Publish.Keys = ":1", "f" }, nil},
	} {
		cfg := Default()
		c.change(&cfg)
		err := cfg.CheckOpen()
		if errors.Is(err, ErrOpen) != (c.faults != nil) {
			t.Errorf("%s: %v", name, err)
		}
		for _, want := range c.faults {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want %s", name, err, want)
			}
		}
	}
}
