package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Series of the service as a whole.
var (
	readyCheck = describe("ready_check", "1 if a check of readiness is passed, else 0.", "check")
	dataFree   = describe("data_free_bytes", "Free bytes of the file system of --data.")
	dataSize   = describe("data_size_bytes", "Size of the file system of --data.")
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
