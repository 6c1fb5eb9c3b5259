package metrics

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// rest stands for the mixes that have no series of their own, and for their inputs
// and outputs. No id or name begins so.
const rest = "_rest"

// Bounds of one mix, far beyond what the API allows: a snapshot that breaks them does
// not make a scrape without end.
const (
	maxInputs  = 64
	maxOutputs = 64
)

// mixCollector reads the mixes for each scrape.
type mixCollector struct {
	mixes Mixes
	most  int // mixes with series of their own
}

// Describe sends what the series are.
func (c *mixCollector) Describe(ch chan<- *prometheus.Desc) {
	describeAll(ch, mixSeries)
	describeAll(ch, inputSeries)
	describeAll(ch, outputSeries)
	for _, d := range []*prometheus.Desc{inputState, inputDrops, outputState, mixesByState, mixesOmitted} {
		ch <- d
	}
}

func describeAll[T any](ch chan<- *prometheus.Desc, all []series[T]) {
	for _, s := range all {
		ch <- s.desc
	}
}

// Collect sends the series of the mixes that have not stopped.
func (c *mixCollector) Collect(ch chan<- prometheus.Metric) {
	snapshots := c.mixes.Snapshots()
	states := map[pb.MixState]int{}
	var running []*pb.GetMixResponse
	for _, m := range snapshots {
		states[m.GetMix().GetState()]++
		if m.GetMix().GetState() != pb.MixState_MIX_STATE_STOPPED && m.GetStats() != nil {
			running = append(running, m)
		}
	}
	for _, s := range mixStates {
		emit(ch, mixesByState, prometheus.GaugeValue, float64(states[pb.MixState(s.number)]), s.label)
	}
	// The oldest keep their series, so that a new mix does not end the lines of another.
	slices.SortFunc(running, func(a, b *pb.GetMixResponse) int {
		return cmp.Or(
			a.Mix.GetCreateTime().AsTime().Compare(b.Mix.GetCreateTime().AsTime()),
			cmp.Compare(a.Mix.GetSpec().GetId(), b.Mix.GetSpec().GetId()),
		)
	})
	own := min(len(running), c.most)
	for _, m := range running[:own] {
		collectMix(ch, m)
	}
	emit(ch, mixesOmitted, prometheus.GaugeValue, float64(len(running)-own))
	if own < len(running) {
		collectRest(ch, running[own:])
	}
}

// collectMix sends the series of one mix.
func collectMix(ch chan<- prometheus.Metric, m *pb.GetMixResponse) {
	id := m.Mix.GetSpec().GetId()
	for _, s := range mixSeries {
		emit(ch, s.desc, s.kind, s.of(m), id)
	}
	for _, in := range inputsOf(m) {
		for _, s := range inputSeries {
			emit(ch, s.desc, s.kind, s.of(in), id, in.GetName())
		}
		for _, s := range sourceStates {
			emit(ch, inputState, prometheus.GaugeValue, oneIf(in.GetState() == pb.SourceState(s.number)), id, in.GetName(), s.label)
		}
		for _, r := range dropReasons {
			emit(ch, inputDrops, prometheus.CounterValue, float64(r.of(in.GetDrops())), id, in.GetName(), r.label)
		}
	}
	for _, out := range outputsOf(m) {
		for _, s := range outputSeries {
			emit(ch, s.desc, s.kind, s.of(out), id, out.GetName())
		}
		for _, s := range outputStates {
			emit(ch, outputState, prometheus.GaugeValue, oneIf(out.GetState() == pb.OutputState(s.number)), id, out.GetName(), s.label)
		}
	}
}

// collectRest sends the sums of mixes that have no series of their own.
func collectRest(ch chan<- prometheus.Metric, mixes []*pb.GetMixResponse) {
	var inputs []*pb.SourceStats
	var outputs []*pb.OutputStats
	for _, m := range mixes {
		inputs = append(inputs, inputsOf(m)...)
		outputs = append(outputs, outputsOf(m)...)
	}
	collectSums(ch, mixSeries, mixes, rest)
	collectSums(ch, inputSeries, inputs, rest, rest)
	collectSums(ch, outputSeries, outputs, rest, rest)
	for _, s := range sourceStates {
		emit(ch, inputState, prometheus.GaugeValue, sum(inputs, func(in *pb.SourceStats) float64 {
			return oneIf(in.GetState() == pb.SourceState(s.number))
		}), rest, rest, s.label)
	}
	for _, r := range dropReasons {
		emit(ch, inputDrops, prometheus.CounterValue, sum(inputs, func(in *pb.SourceStats) float64 {
			return float64(r.of(in.GetDrops()))
		}), rest, rest, r.label)
	}
	for _, s := range outputStates {
		emit(ch, outputState, prometheus.GaugeValue, sum(outputs, func(out *pb.OutputStats) float64 {
			return oneIf(out.GetState() == pb.OutputState(s.number))
		}), rest, rest, s.label)
	}
}

// collectSums sends the sums of those series that can be added up.
func collectSums[T any](ch chan<- prometheus.Metric, all []series[T], of []T, labels ...string) {
	for _, s := range all {
		if s.sum {
			emit(ch, s.desc, s.kind, sum(of, s.of), labels...)
		}
	}
}

func sum[T any](all []T, of func(T) float64) (total float64) {
	for _, v := range all {
		total += of(v)
	}
	return total
}

// inputsOf returns the inputs of a mix, at most maxInputs, each name once.
func inputsOf(m *pb.GetMixResponse) []*pb.SourceStats {
	return distinct(m.GetStats().GetSources(), maxInputs)
}

// outputsOf returns the outputs of a mix, at most maxOutputs, each name once.
func outputsOf(m *pb.GetMixResponse) []*pb.OutputStats {
	return distinct(m.GetStats().GetOutputs(), maxOutputs)
}

// distinct returns the first of each name: the same series twice would spoil the
// whole scrape.
func distinct[T interface{ GetName() string }](all []T, most int) []T {
	seen := make(map[string]bool, len(all))
	var out []T
	for _, v := range all {
		if len(out) < most && !seen[v.GetName()] {
			seen[v.GetName()] = true
			out = append(out, v)
		}
	}
	return out
}

func emit(ch chan<- prometheus.Metric, desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
	metric, err := prometheus.NewConstMetric(desc, kind, value, labels...)
	if err != nil {
		metric = prometheus.NewInvalidMetric(desc, err)
	}
	ch <- metric
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
