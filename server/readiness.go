package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// DefaultCheckInterval is how often each Check is asked unless Config says otherwise.
const DefaultCheckInterval = 2 * time.Second

// checkTimeout is how long a Check gets for its answer. One that answered longer ago
// than staleAfter hangs, as a network disk can, and is taken for a no.
const (
	checkTimeout = 5 * time.Second
	staleAfter   = checkTimeout + 5*time.Second
)

// Names of the checks that a Server has anyway.
const (
	checkDraining = "draining"
	checkCapacity = "capacity"
)

// A Check is one thing that has to be right for the service to work, such as a store
// that can be written. While it is not, /readyz is 503 and gRPC's health NOT_SERVING.
type Check struct {
	// Name is a short word.
	Name string
	// Run returns what is wrong, for operators. It is called again and again, by one
	// goroutine, and returns soon after ctx is done.
	Run func(ctx context.Context) error
}

// CheckResult is what a check said.
type CheckResult struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	// Reason says what is wrong; empty when nothing is.
	Reason string `json:"reason,omitempty"`
}

// readiness asks the checks and keeps what they said, so that a probe costs nothing
// however often it comes.
type readiness struct {
	checks   []Check
	interval time.Duration
	log      *slog.Logger

	mu   sync.Mutex
	said map[string]answer
}

// answer is what a check said last.
type answer struct {
	err error
	at  time.Time
}

func newReadiness(checks []Check, interval time.Duration, log *slog.Logger) *readiness {
	r := &readiness{
		checks: slices.Clone(checks), interval: cmp.Or(interval, DefaultCheckInterval), log: log, said: map[string]answer{},
	}
	slices.SortFunc(r.checks, func(a, b Check) int { return strings.Compare(a.Name, b.Name) })
	return r
}

// run asks every check again and again until ctx is done, and calls changed after each
// answer and once in each interval. It does not wait for a check that hangs.
func (r *readiness) run(ctx context.Context, changed func()) {
	var asking sync.WaitGroup
	for _, c := range r.checks {
		asking.Go(func() { r.repeat(ctx, c, changed) })
	}
	if len(r.checks) > 0 {
		// What hangs does not answer: somebody has to notice.
		asking.Go(func() { every(ctx, r.interval, changed) })
	}
	answered := make(chan struct{})
	go func() { asking.Wait(); close(answered) }()
	<-ctx.Done()
	late := time.NewTimer(drainTimeout)
	defer late.Stop()
	select {
	case <-answered:
	case <-late.C:
	}
}

// repeat asks one check in each interval, first at once.
func (r *readiness) repeat(ctx context.Context, c Check, changed func()) {
	ask := func() {
		limit, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		err := c.Run(limit)
		if ctx.Err() == nil {
			r.note(c.Name, err)
			changed()
		}
	}
	ask()
	every(ctx, r.interval, ask)
}

// every calls do in each interval until ctx is done.
func every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// note keeps an answer, and logs it when it is another than before.
func (r *readiness) note(name string, err error) {
	r.mu.Lock()
	before := r.said[name]
	r.said[name] = answer{err, time.Now()}
	r.mu.Unlock()
	switch {
	case err != nil && before.err == nil:
		r.log.Error("not ready", "check", name, "error", err)
	case err == nil && before.err != nil:
		r.log.Info("ready again", "check", name)
	}
}

// errUnasked is what a check says before its first answer.
var errUnasked = errors.New("not asked yet")

// results returns what the checks said last, by name.
func (r *readiness) results() []CheckResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	results := make([]CheckResult, 0, len(r.checks))
	for _, c := range r.checks {
		said, asked := r.said[c.Name]
		if !asked {
			said.err = errUnasked
		} else if age := time.Since(said.at); age > max(staleAfter, 2*r.interval) {
			said.err = fmt.Errorf("no answer for %v", age.Round(time.Second))
		}
		results = append(results, resultOf(c.Name, said.err))
	}
	return results
}

// resultOf returns err as a CheckResult.
func resultOf(name string, err error) CheckResult {
	if err != nil {
		return CheckResult{Name: name, Reason: clip(err.Error(), maxReason)}
	}
	return CheckResult{Name: name, OK: true}
}

// anyFails says whether a check is not passed.
func anyFails(results []CheckResult) bool {
	return slices.ContainsFunc(results, func(r CheckResult) bool { return !r.OK })
}

// Checks returns what keeps the service from taking new mixes, or could: whether it
// drains, whether another mix may be started, and the checks of Config.
func (s *Server) Checks() []CheckResult {
	var draining error
	if s.stopping.Load() {
		draining = ErrClosed
	}
	return append([]CheckResult{
		resultOf(checkDraining, draining),
		resultOf(checkCapacity, s.mixes.room()),
	}, s.ready.results()...)
}

// setHealth tells gRPC's health what the checks say. A service without room for another
// mix still serves those that it has. Once the service stops nothing changes any more.
func (s *Server) setHealth() {
	s.healthTurn.Lock()
	defer s.healthTurn.Unlock()
	status := healthpb.HealthCheckResponse_SERVING
	if anyFails(s.ready.results()) {
		status = healthpb.HealthCheckResponse_NOT_SERVING
	}
	for _, name := range s.services {
		s.health.SetServingStatus(name, status)
	}
}
