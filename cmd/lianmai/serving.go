package main

import (
	"errors"
	"log/slog"
	"net"
	"slices"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/server"
)

// serving is what a service is made of, from the listeners up.
type serving struct {
	cfg    config.Config
	log    *slog.Logger
	guards guards
	kept   *kept

	grpc, http net.Listener
	banner     []string // what listens where
	mixes      *server.Registry
	server     *server.Server

	closers []func() error // of what was opened, in that order
}

// later has close called when the service ends; what was opened last is closed first.
func (s *serving) later(close func() error) { s.closers = append(s.closers, close) }

// close closes everything that was opened.
func (s *serving) close() error {
	var errs []error
	for _, close := range slices.Backward(s.closers) {
		errs = append(errs, close())
	}
	return errors.Join(errs...)
}

// open opens the listeners of the API and the origin, whose address the policy must know.
func (s *serving) open() (err error) {
	if s.grpc, s.http, err = listen(s.cfg, s.log); err != nil {
		return err
	}
	s.later(func() error {
		_ = closeAll(s.grpc, s.http) // a server that has ended has closed them
		return nil
	})
	s.banner = append(s.banner, "lianmai "+version, "gRPC "+s.grpc.Addr().String())
	if s.http != nil {
		s.banner = append(s.banner, "HTTP "+s.http.Addr().String())
	}
	if !config.Enabled(s.cfg.RTMP) {
		return nil
	}
	origin := rtmp.NewOrigin(rtmp.OriginConfig{Addr: s.cfg.RTMP, Log: s.log.With("part", "origin"), Authorize: s.guards.authorize})
	if err := origin.Start(); err != nil {
		return listenError("rtmp", s.cfg.RTMP, err)
	}
	// The mixes end before it: they may push to it.
	s.later(func() error {
		if err := origin.Close(); err != nil {
			s.log.Warn("closing the origin", "error", err)
		}
		return nil
	})
	s.guards.policy.Origin = origin.Addr().String()
	s.banner = append(s.banner, "RTMP "+origin.Addr().String())
	return nil
}

// assemble makes the engine, the registry and the server, and what listens beside it.
func (s *serving) assemble(makeEngine engineMaker) error {
	gate, err := s.guards.policy.Gate()
	if err != nil {
		return err
	}
	rest, err := newRESTSide()
	if err != nil {
		return err
	}
	s.later(func() error { rest.close(); return nil })
	engine := makeEngine(engineSettings{library: s.kept.library, policy: s.guards.policy, worker: s.cfg.Worker, log: s.log})
	s.later(func() error { engine.Close(); return nil })
	s.kept.library.CheckSoundsWith(engine.CheckSound)
	s.mixes = server.NewRegistry(engine, s.kept.library, server.Limits{})
	capacity, err := openAdmission(s.cfg.Capacity, s.log)
	if err != nil {
		return err
	}
	s.mixes.AdmitBy(capacity)
	stopHooks, hookStats, err := startWebhooks(s.cfg.Webhooks, eventFeed{s.kept.store}, s.log.With("part", "webhooks"))
	if err != nil {
		return err
	}
	s.later(func() error { stopHooks(); return nil })

	counts := newMetrics(s.cfg, s.mixes, func() []server.CheckResult { return s.server.Checks() }, hookStats, capacity)
	sc := server.Config{
		GRPC: s.grpc, HTTP: s.http, Local: rest.local, Handlers: rest.handlers,
		Mixes: s.mixes, Log: s.log, Version: version, Fonts: newFonts(s.log),
		Checks: []server.Check{storeCheck(s.cfg.Data, s.kept.writable)}, Calls: counts,
		DrainDelay: s.cfg.Drain.DelayFor(), DrainTimeout: s.cfg.Drain.TimeoutFor(),
		Door: s.guards.door, Gate: gate, TLS: s.guards.certificates,
	}
	if s.cfg.Metrics == config.MetricsOnHTTP {
		sc.Metrics = counts
	}
	if s.server, err = server.New(sc); err != nil {
		return err
	}
	aside, err := serveAside(s.cfg, counts, s.log)
	if err != nil {
		return err
	}
	s.later(aside.close)
	s.banner = append(s.banner, aside.banner...)
	return nil
}
