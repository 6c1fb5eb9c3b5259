package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// series is one metric of something that T describes. What can be added up is, for
// those that have no series of their own.
type series[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	sum  bool
	of   func(T) float64
}

// counter returns the series of a count; they can be added up.
func counter[T any](name, help string, labels []string, of func(T) float64) series[T] {
	return series[T]{describe(name, help, labels...), prometheus.CounterValue, true, of}
}

// gauge returns the series of a value that means nothing in a sum.
func gauge[T any](name, help string, labels []string, of func(T) float64) series[T] {
	return series[T]{describe(name, help, labels...), prometheus.GaugeValue, false, of}
}

// amount returns the series of a value that can be added up.
func amount[T any](name, help string, labels []string, of func(T) float64) series[T] {
	return series[T]{describe(name, help, labels...), prometheus.GaugeValue, true, of}
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// The labels of what has series.
var (
	ofMix    = []string{"mix"}
	ofInput  = []string{"mix", "participant"}
	ofOutput = []string{"mix", "output"}
)

// mixSeries are those of a mix.
var mixSeries = []series[*pb.GetMixResponse]{
	counter("mix_output_seconds_total", "Time of output that the mix has made.", ofMix,
		func(m *pb.GetMixResponse) float64 { return seconds(m.GetStats().GetAt()) }),
	counter("mix_frames_total", "Frames encoded by the process that mixes.", ofMix,
		func(m *pb.GetMixResponse) float64 { return float64(m.GetStats().GetTicks().GetFrames()) }),
	counter("mix_frames_late_total", "Frames begun more than half a frame after they were due.", ofMix,
		func(m *pb.GetMixResponse) float64 { return float64(m.GetStats().GetTicks().GetLate()) }),
	counter("mix_frames_skipped_total", "Frames left out because the machine was too slow.", ofMix,
		func(m *pb.GetMixResponse) float64 { return float64(m.GetStats().GetTicks().GetSkipped()) }),
	counter("mix_tick_seconds_total", "Time that all ticks took: composing, mixing, encoding.", ofMix,
		func(m *pb.GetMixResponse) float64 { return seconds(m.GetStats().GetTicks().GetEncodeTotal()) }),
	gauge("mix_tick_seconds_max", "The longest time that one tick took in the last second.", ofMix,
		func(m *pb.GetMixResponse) float64 { return seconds(m.GetStats().GetTicks().GetEncodeMax()) }),
	counter("mix_cpu_seconds_total", "CPU time of the process that mixes.", ofMix,
		func(m *pb.GetMixResponse) float64 { return seconds(m.GetStats().GetResources().GetCpu()) }),
	amount("mix_memory_bytes", "Resident memory of the process that mixes.", ofMix,
		func(m *pb.GetMixResponse) float64 { return float64(m.GetStats().GetResources().GetMemory()) }),
	counter("mix_worker_restarts_total", "Times that the process that mixes was started anew.", ofMix,
		func(m *pb.GetMixResponse) float64 { return float64(m.GetMix().GetRestarts()) }),
	gauge("mix_load_level", "How the mix does with less: 0 everything, 1 less decoding, 2 less encoding too, 3 half the frame rate too.", ofMix,
		func(m *pb.GetMixResponse) float64 { return max(0, float64(m.GetStats().GetResources().GetLoad())-1) }),
}

// inputSeries are those of a participant's source, but for its state and its drops.
var inputSeries = []series[*pb.SourceStats]{
	gauge("input_delay_seconds", "Time from arrival to being shown that is aimed at.", ofInput,
		func(s *pb.SourceStats) float64 { return seconds(s.GetDelay()) }),
	gauge("input_jitter_seconds", "Spread of the times of arrival.", ofInput,
		func(s *pb.SourceStats) float64 { return seconds(s.GetJitter()) }),
	gauge("input_clock_drift_ratio", "How much faster the sender's clock goes than the mix's; 0.0001 is 100 ppm.", ofInput,
		func(s *pb.SourceStats) float64 { return s.GetDriftPpm() / 1e6 }),
	gauge("input_av_skew_seconds", "How much later the sound is played than the picture of the same time.", ofInput,
		func(s *pb.SourceStats) float64 { return seconds(s.GetAvSkew()) }),
	amount("input_receive_bytes_per_second", "Bytes received, over the last second.", ofInput,
		func(s *pb.SourceStats) float64 { return float64(s.GetBitrate()) / 8 }),
	gauge("input_frames_per_second", "Frames decoded, over the last second.", ofInput,
		func(s *pb.SourceStats) float64 { return s.GetFrameRate() }),
	counter("input_frames_total", "Frames decoded.", ofInput,
		func(s *pb.SourceStats) float64 { return float64(s.GetFrames()) }),
	counter("input_decode_errors_total", "Packets that could not be decoded.", ofInput,
		func(s *pb.SourceStats) float64 { return float64(s.GetDecodeErrors()) }),
	counter("input_reconnects_total", "Times that the connection was made again.", ofInput,
		func(s *pb.SourceStats) float64 { return float64(s.GetReconnects()) }),
}

// dropReasons are the reasons for which something of a source is dropped.
var dropReasons = []struct {
	label string
	of    func(*pb.SourceDrops) int64
}{
	{"overflow", (*pb.SourceDrops).GetOverflow},
	{"no_key_frame", (*pb.SourceDrops).GetNoKeyFrame},
	{"refused", (*pb.SourceDrops).GetRefused},
	{"not_shown", (*pb.SourceDrops).GetNotShown},
}

// outputSeries are those of a destination, but for its state.
var outputSeries = []series[*pb.OutputStats]{
	counter("output_sent_bytes_total", "Bytes sent.", ofOutput,
		func(o *pb.OutputStats) float64 { return float64(o.GetBytesSent()) }),
	counter("output_dropped_packets_total", "Packets dropped because the destination was too slow or away.", ofOutput,
		func(o *pb.OutputStats) float64 { return float64(o.GetDroppedPackets()) }),
	gauge("output_queue_seconds", "Media that waits to be sent.", ofOutput,
		func(o *pb.OutputStats) float64 { return seconds(o.GetQueue()) }),
	counter("output_reconnects_total", "Times that the connection was made again.", ofOutput,
		func(o *pb.OutputStats) float64 { return float64(o.GetReconnects()) }),
}

// Series with one more label, or of the whole process.
var (
	inputState = describe("input_state", "1 for the state that the participant's source is in, 0 for the others.",
		"mix", "participant", "state")
	inputDrops = describe("input_drops_total", "Packets and pictures of a source that were never seen, by reason.",
		"mix", "participant", "reason")
	outputState = describe("output_state", "1 for the state that the output is in, 0 for the others.",
		"mix", "output", "state")
	mixesByState = describe("mixes", "Mixes, by state; stopped ones are remembered for a while.", "state")
	mixesOmitted = describe("metrics_mixes_omitted", `Mixes without series of their own; they are added up under mix="_rest".`)
)

// seconds returns d in seconds; 0 for none.
func seconds(d *durationpb.Duration) float64 {
	return float64(d.AsDuration()) / float64(time.Second)
}
