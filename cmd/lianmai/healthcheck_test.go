package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthcheckSaysWhatTheServerSays(t *testing.T) {
	status := http.StatusOK
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	addr := server.Listener.Addr().String()

	if err := checkHealth(t.Context(), addr, false); err != nil {
		t.Errorf("healthy server: %v", err)
	}
	if asked != "/healthz" {
		t.Errorf("asked %q, want /healthz", asked)
	}
	status = http.StatusServiceUnavailable
	if err := checkHealth(t.Context(), addr, false); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("unhealthy server: error = %v, want 503", err)
	}
	server.Close()
	if err := checkHealth(t.Context(), addr, false); err == nil {
		t.Error("no server: no error")
	}
}

func TestHealthcheckTakesTheServersSettings(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	t.Setenv("LIANMAI_HTTP", server.Listener.Addr().String())
	cmd := newHealthcheckCommand()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(nil)
	if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("from the environment: error = %v, want 404", err)
	}
	cmd.SetArgs([]string{"--http", "off"})
	if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "off") {
		t.Errorf("from the flag: error = %v, want that it is off", err)
	}
}

func TestDialAddressReachesThisMachine(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:8080":   "127.0.0.1:8080",
		":8080":          "127.0.0.1:8080",
		"[::]:8080":      "[::1]:8080",
		"10.1.2.3:8080":  "10.1.2.3:8080",
		"localhost:8080": "localhost:8080",
	} {
		if got, err := dialAddress(addr); got != want || err != nil {
			t.Errorf("dialAddress(%q) = %q, %v; want %q", addr, got, err, want)
		}
	}
	for _, addr := range []string{"", "off", "8080"} {
		if got, err := dialAddress(addr); err == nil {
			t.Errorf("dialAddress(%q) = %q, want an error", addr, got)
		}
	}
}
