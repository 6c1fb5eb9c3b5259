package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/lianmai/lianmai/admission"
	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/metrics"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/webhook"
)

// leastFree is how much room --data must have for the service to be ready, in bytes:
// enough for every spec, not for another sound.
const leastFree = 64 << 20

// newMetrics returns the metrics of a service. checks and hooks are called for each scrape.
func newMetrics(cfg config.Config, mixes *server.Registry, checks func() []server.CheckResult, hooks func() []webhook.Stats,
	capacity *admission.Controller,
) *metrics.Metrics {
	mc := metrics.Config{
		Mixes: mixes, Version: version, EventsLost: mixes.EventsLost,
		Capacity: func() metrics.Capacity {
			used, all := capacity.Usage()
			return metrics.Capacity{Cores: all.Cores, CoresUsed: used.Cores, Memory: all.Memory, MemoryUsed: used.Memory}
		},
		Webhooks: func() (list []metrics.Webhook) {
			for _, h := range hooks() {
				list = append(list, metrics.Webhook{
					Endpoint: h.Endpoint, Delivered: h.Delivered, Failed: h.Failed, Dropped: h.Dropped, Behind: h.Behind,
				})
			}
			return list
		},
		Checks: func() map[string]error {
			errs := map[string]error{}
			for _, c := range checks() {
				errs[c.Name] = nil
				if !c.OK {
					errs[c.Name] = errors.New(c.Reason)
				}
			}
			return errs
		},
	}
	if cfg.Data != "" {
		mc.Data = func() (metrics.Data, error) {
			free, size, err := diskOf(cfg.Data)
			return metrics.Data{Free: free, Size: size}, err
		}
	}
	return metrics.New(mc)
}

// storeCheck says whether what is kept can be written: writable is what the store knows
// of that, dir is --data.
func storeCheck(dir string, writable func() error) server.Check {
	return server.Check{Name: "store", Run: func(context.Context) error {
		if err := writable(); err != nil {
			return err
		}
		if dir == "" {
			return nil
		}
		return checkWritable(dir)
	}}
}

// checkWritable writes a file in dir and removes it, and says how much room there has
// to be.
func checkWritable(dir string) error {
	f, err := os.CreateTemp(dir, ".writable-")
	if err != nil {
		return fmt.Errorf("--data cannot be written: %w", err)
	}
	_, err = f.Write(make([]byte, 4<<10))
	if err := errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return fmt.Errorf("--data cannot be written: %w", err)
	}
	if free, _, err := diskOf(dir); err == nil && free < leastFree {
		return fmt.Errorf("--data has %d MB free, fewer than %d MB: make room or take a larger disk", free>>20, leastFree>>20)
	}
	return nil
}

// asides are the listeners beside those of the API and the probes, each with a server.
type asides struct {
	servers []*http.Server
	served  chan struct{} // one for each server that has ended
	banner  []string      // what listens where
}

// serveAside opens the listeners for metrics and for profiles that cfg wants. The
// caller closes what it returns.
func serveAside(cfg config.Config, scrape http.Handler, log *slog.Logger) (*asides, error) {
	a := &asides{served: make(chan struct{}, 2)}
	if addr, own := cfg.MetricsAddr(); own {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", scrape)
		if err := a.serve("metrics", addr, mux, 30*time.Second, log); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	if addr, enabled := cfg.PProfAddr(); enabled {
		// A profile or a trace is taken for as long as it is asked for; this bounds it.
		if err := a.serve("pprof", addr, profiles(), 5*time.Minute, log); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

// serve answers on addr; an answer may take as long as most. flag is the flag of addr.
func (a *asides) serve(flag, addr string, handler http.Handler, most time.Duration, log *slog.Logger) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return listenError(flag, addr, err)
	}
	s := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: most,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	a.servers = append(a.servers, s)
	a.banner = append(a.banner, flag+" "+l.Addr().String())
	go func() {
		defer func() { a.served <- struct{}{} }()
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("cannot listen any more", "part", flag, "error", err)
		}
	}()
	return nil
}

// close ends the servers, with what they are just answering.
func (a *asides) close() error {
	var errs []error
	for _, s := range a.servers {
		errs = append(errs, s.Close())
	}
	for range a.servers {
		<-a.served
	}
	return errors.Join(errs...)
}

// profiles returns the handler of Go's profiles. It has a ServeMux of its own: parts of
// the program register pages of theirs with the default one.
func profiles() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return onlyByLoopback(mux)
}

// onlyByLoopback refuses requests that name another host than this machine's loopback:
// a page in a browser on it can make a name of its own lead here.
func onlyByLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if !strings.EqualFold(host, "localhost") && (err != nil || !ip.Unmap().IsLoopback()) {
			http.Error(w, "profiles are for loopback: ask 127.0.0.1 or localhost", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
