package config

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWhereMetricsAndProfilesAre(t *testing.T) {
	for _, test := range []struct {
		metrics, pprof    string
		wantAddr, wantPro string // empty for none
	}{
		{"http", "off", "", ""},
		{"off", "", "", ""},
		{":9464", ":6060", "127.0.0.1:9464", "127.0.0.1:6060"},
		{"0.0.0.0:9464", "127.1.2.3:6060", "0.0.0.0:9464", "127.1.2.3:6060"},
		{"[::1]:9464", "[::1]:6060", "[::1]:9464", "[::1]:6060"},
		{"10.0.0.1:1", "localhost:0", "10.0.0.1:1", "localhost:0"},
	} {
		cfg := Default()
		cfg.Metrics, cfg.PProf = test.metrics, test.pprof
		if err := cfg.Validate(); err != nil {
			t.Errorf("%+v: %v", test, err)
		}
		addr, own := cfg.MetricsAddr()
		pro, enabled := cfg.PProfAddr()
		if addr != test.wantAddr || own != (addr != "") || pro != test.wantPro || enabled != (pro != "") {
			t.Errorf("%+v: %q %v, %q %v", test, addr, own, pro, enabled)
		}
	}
}

func TestBadValuesOfMetricsAndDrain(t *testing.T) {
	for _, test := range []struct{ text, names string }{
		{"metrics: prometheus", "metrics"},
		{"metrics: 127.0.0.1:http", "metrics"},
		{"pprof: 6060", "pprof"},
		{"pprof: 0.0.0.0:6060", "not on loopback"},
		{"pprof: '[::]:6060'", "not on loopback"},
		{"pprof: 192.168.1.1:6060", "ssh -L"},
		{"pprof: localhost.example.com:6060", "not on loopback"},
		{"drain: {delay: 5}", "drain.delay"},
		{"drain: {delay: -1s}", "drain.delay"},
		{"drain: {delay: 6m}", "drain.delay"},
		{"drain: {timeout: 0s}", "drain.timeout"},
		{"drain: {timeout: 1h}", "drain.timeout"},
	} {
		_, err := Load(Sources{File: write(t, test.text)})
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), test.names) {
			t.Errorf("%s: error = %v; want ErrValue with %q", test.text, err, test.names)
		}
	}
	cfg, err := Load(Sources{Env: environment(map[string]string{"LIANMAI_DRAIN_DELAY": "15s", "LIANMAI_DRAIN_TIMEOUT": "20s"})})
	if err != nil || cfg.Drain.DelayFor() != 15*time.Second || cfg.Drain.TimeoutFor() != 20*time.Second {
		t.Errorf("Load = %+v, %v", cfg.Drain, err)
	}
}

func TestValues(t *testing.T) {
	values := Default().Values()
	if values["grpc"] != "127.0.0.1:7070" || values["drain.timeout"] != "5s" || values["data"] != "" || values["assets.max-side"] != "4096" {
		t.Errorf("values %v", values)
	}
}
