package config

import (
	"fmt"
	"net"
	"time"

	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
)

// MetricsOnHTTP is the value of Config.Metrics for "on the listener of the probes".
const MetricsOnHTTP = "http"

// loopback is where an address without a host listens.
const loopback = "127.0.0.1"

// MetricsAddr returns where a validated Config has a listener for metrics alone, and
// whether it has one. An address without a host is loopback's: what Prometheus is to
// reach from elsewhere says so, such as 0.0.0.0:9464.
func (c Config) MetricsAddr() (addr string, own bool) {
	if c.Metrics == MetricsOnHTTP || !Enabled(c.Metrics) {
		return "", false
	}
	return onLoopback(c.Metrics), true
}

// PProfAddr returns where a validated Config serves profiles, and whether it does.
func (c Config) PProfAddr() (addr string, enabled bool) {
	if !Enabled(c.PProf) {
		return "", false
	}
	return onLoopback(c.PProf), true
}

// onLoopback returns addr with loopback for no host.
func onLoopback(addr string) string {
	if host, port, err := net.SplitHostPort(addr); err == nil && host == "" {
		return net.JoinHostPort(loopback, port)
	}
	return addr
}

// validateMetrics returns what is wrong with the addresses of metrics and profiles, each
// an ErrValue.
func (c Config) validateMetrics() (faults []error) {
	if addr, own := c.MetricsAddr(); own && !isAddress(addr) {
		faults = append(faults, fmt.Errorf("%w: metrics: %q is neither host:port nor %s nor %s", ErrValue, c.Metrics, MetricsOnHTTP, Off))
	}
	addr, enabled := c.PProfAddr()
	switch {
	case !enabled:
	case !isAddress(addr):
		faults = append(faults, fmt.Errorf("%w: pprof: %q is neither host:port nor %s", ErrValue, c.PProf, Off))
	case !isLoopback(addr):
		faults = append(faults, fmt.Errorf("%w: pprof: %q is not on loopback, and profiles show what is in memory; "+
			"take 127.0.0.1:6060 and reach it with ssh -L or kubectl port-forward", ErrValue, c.PProf))
	}
	return faults
}

// Drain is how the service ends when it is told to.
type Drain struct {
	// Delay is how long it goes on with the mixes that run, and takes no new ones,
	// before it ends them: what load balancers take to notice. 0s (default) to 5m.
	Delay string `koanf:"delay"`
	// Timeout is how long the mixes then get to end, 1s to 5m. Default 5s.
	Timeout string `koanf:"timeout"`
}

// The bounds of Drain.
const (
	mostDelay    = 5 * time.Minute
	leastTimeout = time.Second
	mostTimeout  = 5 * time.Minute
)

// DelayFor returns Delay of a validated Drain.
func (d Drain) DelayFor() time.Duration {
	delay, _ := time.ParseDuration(d.Delay) // Load has checked it
	return delay
}

// TimeoutFor returns Timeout of a validated Drain.
func (d Drain) TimeoutFor() time.Duration {
	timeout, _ := time.ParseDuration(d.Timeout) // Load has checked it
	return timeout
}

// validate returns every value that is wrong, each an ErrValue.
func (d Drain) validate() (faults []error) {
	if delay, err := time.ParseDuration(d.Delay); err != nil || delay < 0 || delay > mostDelay {
		faults = append(faults, fmt.Errorf("%w: drain.delay: %q; want 0s to 5m, such as 10s", ErrValue, d.Delay))
	}
	if timeout, err := time.ParseDuration(d.Timeout); err != nil || timeout < leastTimeout || timeout > mostTimeout {
		faults = append(faults, fmt.Errorf("%w: drain.timeout: %q; want 1s to 5m, such as 10s", ErrValue, d.Timeout))
	}
	return faults
}

// Values returns every setting as text, by its key, such as log.level.
func (c Config) Values() map[string]string {
	values := map[string]string{}
	all := koanf.New(".")
	if err := all.Load(structs.Provider(c, "koanf"), nil); err != nil {
		return values // a struct of texts is always read
	}
	for _, key := range all.Keys() {
		values[key] = all.String(key)
	}
	return values
}
