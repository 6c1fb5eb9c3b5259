package metrics

import (
	"cmp"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// namespace begins the name of every metric of this package.
const namespace = "lianmai"

// DefaultMaxMixes is how many mixes have series of their own unless Config says
// otherwise.
const DefaultMaxMixes = 200

// Bounds of what scrapers may ask.
const (
	scrapesAtOnce = 4
	scrapeTimeout = 10 * time.Second
)

// Mixes is where the numbers of the mixes come from.
type Mixes interface {
	// Snapshots returns every mix with its last statistics, those that have stopped
	// too. The messages are not changed by either side. It is called for each scrape,
	// from any goroutine.
	Snapshots() []*pb.GetMixResponse
}

// Config says what Metrics tells of.
type Config struct {
	// Mixes are the mixes of this process; nil for none.
	Mixes Mixes
	// Checks returns the checks of readiness by name, and what is wrong of each; nil for
	// none. The names are few and do not change.
	Checks func() map[string]error
	// Data returns the size of what is kept; nil for nothing.
	Data func() (Data, error)
	// Capacity returns what mixes may take, and what they are counted with; nil for no bound.
	Capacity func() Capacity
	// Webhooks returns how the endpoints of webhooks are doing; nil for none.
	Webhooks func() []Webhook
	// EventsLost returns how many events could not be kept; nil for not known.
	EventsLost func() int64
	// Version is the program's.
	Version string
	// MaxMixes is how many mixes have series of their own; default DefaultMaxMixes.
	MaxMixes int
}

// Data is how much room there is for what is kept, in bytes.
type Data struct {
	Free int64 // on the file system, for this process
	Size int64 // of the file system
}

// Metrics collects what Prometheus asks for. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	calls    calls
	scrape   http.Handler
}

// New returns Metrics of what cfg has.
func New(cfg Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), calls: newCalls()}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": cfg.Version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.Register(build)
	m.Register(collectors.NewGoCollector())
	m.Register(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.calls.register(m)
	if cfg.Mixes != nil {
		m.Register(&mixCollector{mixes: cfg.Mixes, most: cmp.Or(cfg.MaxMixes, DefaultMaxMixes)})
	}
	if cfg.Capacity != nil {
		m.Register(capacityCollector(cfg.Capacity))
	}
	if cfg.Webhooks != nil {
		m.Register(webhookCollector(cfg.Webhooks))
	}
	if cfg.EventsLost != nil {
		m.Register(lostCollector(cfg.EventsLost))
	}
	if cfg.Checks != nil {
		m.Register(checkCollector(cfg.Checks))
	}
	if cfg.Data != nil {
		m.Register(dataCollector(cfg.Data))
	}
	m.scrape = promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		// One collector that fails does not hide the others.
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapesAtOnce,
		Timeout:             scrapeTimeout,
		EnableOpenMetrics:   true,
	})
	return m
}

// Register adds metrics of another part of the service. Their names begin with
// lianmai_. It panics when one is there already: that is a mistake in the program.
func (m *Metrics) Register(c prometheus.Collector) { m.registry.MustRegister(c) }

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.scrape.ServeHTTP(w, r) }
