package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Series of the service as a whole.
var (
	readyCheck = describe("ready_check", "1 if a check of readiness is passed, else 0.", "check")
	dataFree   = describe("data_free_bytes", "Free bytes of the file system of --data.")
	dataSize   = describe("data_size_bytes", "Size of the file system of --data.")
	eventsLost = describe("events_lost_total", "Events of mixes that could not be kept, because the store was too slow or refused them.")

	capacityCores  = describe("capacity_cores", "Cores that mixes may take.")
	coresUsed      = describe("capacity_cores_used", "Cores that the mixes are counted with: what they take, or what is expected of those that have just begun.")
	capacityMemory = describe("capacity_memory_bytes", "Memory that mixes may take.")
	memoryUsed     = describe("capacity_memory_used_bytes", "Memory that the mixes are counted with.")

	hookDelivered = describe("webhook_delivered_total", "Messages that a webhook's endpoint took.", "endpoint")
	hookFailed    = describe("webhook_failed_total", "Attempts that a webhook's endpoint did not take.", "endpoint")
	hookDropped   = describe("webhook_dropped_total", "Messages that were given up after an hour.", "endpoint")
	hookBehind    = describe("webhook_behind_seconds", "How old the event is that is being sent.", "endpoint")
)

// checkCollector tells of the checks of readiness.
type checkCollector func() map[string]error

// Describe sends what the series are.
func (c checkCollector) Describe(ch chan<- *prometheus.Desc) { ch <- readyCheck }

// Collect sends one series for each check.
func (c checkCollector) Collect(ch chan<- prometheus.Metric) {
	for name, err := range c() {
		emit(ch, readyCheck, prometheus.GaugeValue, oneIf(err == nil), name)
	}
}

// dataCollector tells of the room for what is kept.
type dataCollector func() (Data, error)

// Describe sends what the series are.
func (c dataCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- dataFree
	ch <- dataSize
}

// Collect sends the series, or none when they cannot be learned.
func (c dataCollector) Collect(ch chan<- prometheus.Metric) {
	data, err := c()
	if err != nil {
		return // the check of the store says what is wrong
	}
	emit(ch, dataFree, prometheus.GaugeValue, float64(data.Free))
	emit(ch, dataSize, prometheus.GaugeValue, float64(data.Size))
}

// Webhook says how an endpoint of webhooks is doing.
type Webhook struct {
	Endpoint                   string // its host and a part of its name; no secret
	Delivered, Failed, Dropped int64
	Behind                     time.Duration
}

// webhookCollector tells of the endpoints of webhooks.
type webhookCollector func() []Webhook

// Describe sends what the series are.
func (c webhookCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{hookDelivered, hookFailed, hookDropped, hookBehind} {
		ch <- desc
	}
}

// Collect sends the series of each endpoint.
func (c webhookCollector) Collect(ch chan<- prometheus.Metric) {
	for _, w := range c() {
		emit(ch, hookDelivered, prometheus.CounterValue, float64(w.Delivered), w.Endpoint)
		emit(ch, hookFailed, prometheus.CounterValue, float64(w.Failed), w.Endpoint)
		emit(ch, hookDropped, prometheus.CounterValue, float64(w.Dropped), w.Endpoint)
		emit(ch, hookBehind, prometheus.GaugeValue, w.Behind.Seconds(), w.Endpoint)
	}
}

// lostCollector tells of events that were lost.
type lostCollector func() int64

// Describe sends what the series is.
func (c lostCollector) Describe(ch chan<- *prometheus.Desc) { ch <- eventsLost }

// Collect sends the series.
func (c lostCollector) Collect(ch chan<- prometheus.Metric) {
	emit(ch, eventsLost, prometheus.CounterValue, float64(c()))
}

// Capacity is what mixes may take of the machine, and what they are counted with.
type Capacity struct {
	Cores, CoresUsed   float64
	Memory, MemoryUsed int64 // bytes
}

// capacityCollector tells of the capacity for mixes.
type capacityCollector func() Capacity

// Describe sends what the series are.
func (c capacityCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{capacityCores, coresUsed, capacityMemory, memoryUsed} {
		ch <- desc
	}
}

// Collect sends the series.
func (c capacityCollector) Collect(ch chan<- prometheus.Metric) {
	now := c()
	emit(ch, capacityCores, prometheus.GaugeValue, now.Cores)
	emit(ch, coresUsed, prometheus.GaugeValue, now.CoresUsed)
	emit(ch, capacityMemory, prometheus.GaugeValue, float64(now.Memory))
	emit(ch, memoryUsed, prometheus.GaugeValue, float64(now.MemoryUsed))
}
