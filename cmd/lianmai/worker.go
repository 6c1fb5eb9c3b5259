package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker"
	"github.com/lianmai/lianmai/worker/wire"
)

// workerSocket is the file descriptor on which a worker finds its supervisor.
const workerSocket = 3

// workerCommand starts a worker: this program, also when its file was replaced meanwhile
// by a newer one that says other things over the socket.
func workerCommand() []string {
	if runtime.GOOS == "linux" {
		return []string{"/proc/self/exe", "worker"}
	}
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return []string{path, "worker"}
}

// workerEnv is the whole environment of workers: where fonts and certificates are, the
// time zone, and nothing that could be a secret.
func workerEnv(look func(string) (string, bool)) (env []string) {
	for _, key := range []string{"HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value, ok := look(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return append(env, "GOTRACEBACK=single")
}

func newWorkerCommand() *cobra.Command {
	level := slog.LevelDebug.String()
	cmd := &cobra.Command{
		Use:    "worker",
		Short:  "Mix what a supervisor says over file descriptor 3 (started by serve)",
		Hidden: true,
		Args:   args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			return runWorker(level)
		},
	}
	cmd.Flags().StringVar(&level, "log-level", level, "debug, info, warn or error")
	return cmd
}

// spareProcs is how many of Go's processors a worker has beyond the machine's own: enough
// for six decoders, the encoder and music, and some more.
const spareProcs = 16

// guardedEngine returns an engine that connects where a policy lets it; none lets it
// connect nowhere but to public addresses.
func guardedEngine(fonts *compose.Fonts, library mixer.Library, log *slog.Logger, text []byte) (*mixer.Engine, error) {
	var policy guard.Policy
	if len(text) > 0 {
		if err := json.Unmarshal(text, &policy); err != nil {
			return nil, fmt.Errorf("policy: %w", err)
		}
	}
	gate, err := policy.Gate()
	if err != nil {
		return nil, err
	}
	engine := mixer.NewEngine(fonts, library, log)
	engine.SetDials(mixer.Dials{Input: gate.Dial(guard.Input), Output: gate.Dial(guard.Output)})
	return engine, nil
}

// runWorker is the life of a worker.
func runWorker(logLevel string) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(logLevel)); err != nil {
		return usageError{err}
	}
	// Else it would be called "exe" by who lists processes. Other systems have no such file.
	_ = os.WriteFile("/proc/self/comm", []byte("lianmai-worker"), 0o600)
	// Decoders and the encoder spend their time in C, where each holds one of Go's
	// processors until the runtime takes it away, which can be long on a busy machine.
	// With spare ones a tick never waits for that; the threads that really run are the
	// kernel's to choose.
	runtime.GOMAXPROCS(runtime.NumCPU() + spareProcs)
	socket := os.NewFile(workerSocket, "supervisor")
	conn, err := net.FileConn(socket)
	if err != nil {
		return usagef("a worker is started by lianmai serve; file descriptor %d is not its socket", workerSocket)
	}
	socket.Close() // FileConn has its own descriptor
	settle()
	err = worker.Run(wire.New(conn, 0), worker.Config{Fonts: systemFonts, Level: level, Limit: worker.Limit, Engine: guardedEngine})
	if errors.Is(err, worker.ErrOrphan) {
		return silentError{exitFailed} // nobody is left to read it
	}
	return err
}
