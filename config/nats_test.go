package config

import (
	"errors"
	"strings"
	"testing"
)

func TestNATS(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want string // in the error; "" for none
	}{
		{"nothing", nil, ""},
		{"a cluster", map[string]string{"LIANMAI_NATS": "nats://u:hush0815@a:4222, tls://b", "LIANMAI_NODE": "mix-1.eu", "LIANMAI_NATS_REPLICAS": "3", "LIANMAI_NATS_CREDENTIALS": "/etc/creds"}, ""},
		{"another scheme", map[string]string{"LIANMAI_NATS": "http://u:hush0815@a"}, "nats: want nats://"},
		{"no URL", map[string]string{"LIANMAI_NATS": "nats://u:hush0815@[::1"}, "nats: want nats://"},
		{"one of two", map[string]string{"LIANMAI_NATS": "nats://a,b"}, "nats: want nats://"},
		{"a node alone", map[string]string{"LIANMAI_NODE": "a"}, "node: it says nothing without nats"},
		{"credentials alone", map[string]string{"LIANMAI_NATS_CREDENTIALS": "a"}, "nats-credentials: it says nothing"},
		{"a bad node", map[string]string{"LIANMAI_NATS": "nats://a", "LIANMAI_NODE": "a b"}, `node: "a b"`},
		{"two replicas", map[string]string{"LIANMAI_NATS_REPLICAS": "2"}, "want 1, 3 or 5"},
	} {
		cfg, err := Load(Sources{Env: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }})
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), "hush0815") {
			t.Errorf("%s repeats a password: %v", c.name, err)
		}
		if c.name == "a cluster" && (cfg.NATS.URL != c.env["LIANMAI_NATS"] || cfg.NATS.Node != "mix-1.eu" || cfg.NATS.ReplicaCount() != 3 || cfg.NATS.Credentials != "/etc/creds") {
			t.Errorf("%s: %+v", c.name, cfg.NATS)
		}
	}
}
