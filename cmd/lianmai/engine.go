package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/server"
	"github.com/lianmai/lianmai/supervisor"
	"github.com/lianmai/lianmai/worker/wire"
)

// engine runs the mixes of a service and checks the sounds that are uploaded.
type engine interface {
	server.Engine
	CheckSound(ctx context.Context, path string, limits decode.SoundLimits) (decode.SoundInfo, error)
	// Close ends what still runs, at once.
	Close()
}

// engineSettings is what an engine is made of.
type engineSettings struct {
	library *server.Library // nil: there is nothing that specs could name
	policy  guard.Policy    // says where mixes may connect; it is valid
	worker  config.Worker   // bounds each process that mixes
	log     *slog.Logger
}

// workerFiles is how many files and connections a worker may have open: many times what
// the largest mix needs.
const workerFiles = 1024

// engineMaker makes the engine of a service.
type engineMaker func(engineSettings) engine

// newEngine returns what runs the mixes of `lianmai serve`: each in a process of its own.
// It is the one place that says which engine that is.
func newEngine(s engineSettings) engine {
	policy, err := json.Marshal(s.policy)
	if err != nil {
		panic(err) // plain lists of strings
	}
	cfg := supervisor.Config{
		Command: append(workerCommand(), "--log-level", levelOf(s.log).String()), Env: workerEnv(os.LookupEnv), Log: s.log,
		Limits: wire.Limits{Memory: s.worker.MemoryBytes(), Files: workerFiles}, Nice: s.worker.Niceness(), Policy: policy,
	}
	if s.library != nil {
		cfg.Library = s.library
	}
	return supervised{supervisor.New(cfg)}
}

// supervised is a supervisor.Supervisor as the server knows it.
type supervised struct{ *supervisor.Supervisor }

// Start begins a mix.
func (s supervised) Start(spec mixer.Spec, observe func(mixer.Event)) (server.Mix, error) {
	mix, err := s.Supervisor.Start(spec, observe)
	if err != nil {
		return nil, err // not mix: a nil *Mix is no nil server.Mix
	}
	return mix, nil
}

// levelOf returns the least level that log writes.
func levelOf(log *slog.Logger) slog.Level {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		if log.Enabled(context.Background(), level) {
			return level
		}
	}
	return slog.LevelError
}
