package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime"
	"time"
)

// newHTTP returns the server of the handlers, by pattern, and of the probes:
//
//	GET /healthz  200 while the process answers
//	GET /readyz   200 while it takes new mixes, else 503; the checks say why
//	GET /version  what is running
//	GET /metrics  for Prometheus, unless they are elsewhere
//
// All but the last answer JSON.
func (s *Server) newHTTP(handlers map[string]http.Handler) *http.Server {
	mux := http.NewServeMux()
	for pattern, handler := range handlers {
		mux.Handle(pattern, handler)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.reply(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		code, status, checks := http.StatusOK, "ready", s.Checks()
		if anyFails(checks) {
			code, status = http.StatusServiceUnavailable, "not ready"
		}
		if s.stopping.Load() {
			status = "stopping"
		}
		s.reply(w, code, map[string]any{"status": status, "mixes": s.mixes.Running(), "checks": checks})
	})
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		s.reply(w, http.StatusOK, map[string]any{"version": s.version, "go": runtime.Version()})
	})
	if s.metrics != nil {
		mux.Handle("GET /metrics", s.metrics)
	}
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Debug("probe went away", "error", err)
	}
}
