package metrics

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/protobuf/types/known/durationpb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestWhatAMixTells(t *testing.T) {
	text := scrape(t, New(Config{Mixes: mixes{duet("room", 0)}, Version: "v1.2.3"}))
	hasLines(t, text,
		`lianmai_mix_output_seconds_total{mix="room"} 90`,
		`lianmai_mix_frames_total{mix="room"} 2700`,
		`lianmai_mix_frames_late_total{mix="room"} 3`,
		`lianmai_mix_frames_skipped_total{mix="room"} 4`,
		`lianmai_mix_tick_seconds_total{mix="room"} 27`,
		`lianmai_mix_tick_seconds_max{mix="room"} 0.012`,
		`lianmai_mix_cpu_seconds_total{mix="room"} 45`,
		`lianmai_mix_memory_bytes{mix="room"} 2.5e+08`,
		`lianmai_mix_worker_restarts_total{mix="room"} 2`,
		`lianmai_mix_load_level{mix="room"} 2`,
		`lianmai_input_delay_seconds{mix="room",participant="anna"} 0.08`,
		`lianmai_input_jitter_seconds{mix="room",participant="anna"} 0.015`,
		`lianmai_input_clock_drift_ratio{mix="room",participant="anna"} -0.00015`,
		`lianmai_input_av_skew_seconds{mix="room",participant="anna"} -0.005`,
		`lianmai_input_receive_bytes_per_second{mix="room",participant="anna"} 100000`,
		`lianmai_input_frames_per_second{mix="room",participant="anna"} 29.97`,
		`lianmai_input_frames_total{mix="room",participant="anna"} 2690`,
		`lianmai_input_decode_errors_total{mix="room",participant="anna"} 5`,
		`lianmai_input_reconnects_total{mix="room",participant="anna"} 6`,
		`lianmai_input_drops_total{mix="room",participant="anna",reason="overflow"} 7`,
		`lianmai_input_drops_total{mix="room",participant="anna",reason="no_key_frame"} 8`,
		`lianmai_input_drops_total{mix="room",participant="anna",reason="refused"} 9`,
		`lianmai_input_drops_total{mix="room",participant="anna",reason="not_shown"} 10`,
		`lianmai_input_state{mix="room",participant="anna",state="live"} 1`,
		`lianmai_input_state{mix="room",participant="anna",state="audio_only"} 0`,
		`lianmai_input_state{mix="room",participant="ben",state="lost"} 1`,
		`lianmai_output_sent_bytes_total{mix="room",output="cdn"} 123456`,
		`lianmai_output_dropped_packets_total{mix="room",output="cdn"} 11`,
		`lianmai_output_queue_seconds{mix="room",output="cdn"} 0.04`,
		`lianmai_output_reconnects_total{mix="room",output="cdn"} 12`,
		`lianmai_output_state{mix="room",output="cdn",state="live"} 1`,
		`lianmai_output_state{mix="room",output="cdn",state="lost"} 0`,
		`lianmai_mixes{state="running"} 1`,
		`lianmai_metrics_mixes_omitted 0`,
	)
	for _, want := range []string{`lianmai_build_info{goversion="go`, `version="v1.2.3"} 1`, "\ngo_goroutines ", "\nprocess_open_fds "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, secret) || strings.Contains(text, "rtmp://") {
		t.Error("a URL is in the metrics")
	}
}

// The names are what Prometheus' own linter wants: base units, _total, help.
func TestNamesFollowTheConventions(t *testing.T) {
	m := full()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, namespace) {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		name := f.GetName()
		if !strings.HasPrefix(name, namespace+"_") && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
			t.Errorf("%s has another prefix", name)
		}
	}
}

func TestAMixThatStoppedIsGone(t *testing.T) {
	stopped, fresh := duet("over", 2), duet("fresh", 0)
	stopped.Mix.State = pb.MixState_MIX_STATE_STOPPED
	fresh.Stats = nil // it is about to start
	stopping := duet("stopping", 1)
	stopping.Mix.State = pb.MixState_MIX_STATE_STOPPING
	text := scrape(t, New(Config{Mixes: mixes{stopped, fresh, stopping}}))
	if strings.Contains(text, `"over"`) || strings.Contains(text, `"fresh"`) || !strings.Contains(text, `mix="stopping"`) {
		t.Errorf("the mixes told of are wrong:\n%s", text)
	}
	hasLines(t, text, `lianmai_mixes{state="running"} 1`, `lianmai_mixes{state="stopping"} 1`, `lianmai_mixes{state="stopped"} 1`)
}

// However many mixes run, the number of series is bounded; what has none of its own
// is in the sums, once.
func TestTheNumberOfSeriesIsBounded(t *testing.T) {
	var all mixes
	for i := range 12 {
		all = append(all, duet(fmt.Sprintf("room%02d", i), i)) // the last is the oldest
	}
	text := scrape(t, New(Config{Mixes: all, MaxMixes: 3}))
	hasLines(t, text,
		`lianmai_metrics_mixes_omitted 9`,
		`lianmai_mixes{state="running"} 12`,
		`lianmai_mix_frames_total{mix="room11"} 2700`,
		`lianmai_mix_frames_total{mix="room09"} 2700`,
		`lianmai_mix_frames_total{mix="_rest"} 24300`,
		`lianmai_mix_memory_bytes{mix="_rest"} 2.25e+09`,
		`lianmai_input_state{mix="_rest",participant="_rest",state="live"} 9`,
		`lianmai_input_drops_total{mix="_rest",participant="_rest",reason="overflow"} 63`,
		`lianmai_output_sent_bytes_total{mix="_rest",output="_rest"} 1.111104e+06`,
		`lianmai_output_state{mix="_rest",output="_rest",state="live"} 9`,
	)
	for _, absent := range []string{`mix="room08"`, `lianmai_input_delay_seconds{mix="_rest"`, `lianmai_mix_load_level{mix="_rest"`} {
		if strings.Contains(text, absent) {
			t.Errorf("the scrape has %s", absent)
		}
	}
	for range 100 {
		all = append(all, duet(fmt.Sprintf("more%d", len(all)), -1))
	}
	if more := scrape(t, New(Config{Mixes: all, MaxMixes: 3})); strings.Count(more, "\nlianmai_") != strings.Count(text, "\nlianmai_") {
		t.Errorf("%d series with 12 mixes, %d with 112", strings.Count(text, "\nlianmai_"), strings.Count(more, "\nlianmai_"))
	}
}

// A worker that is started anew counts from 0. The scrape says what the process says;
// Prometheus takes that for a reset.
func TestCountersOfANewWorkerBeginAnew(t *testing.T) {
	mix := duet("room", 0)
	m := New(Config{Mixes: mixes{mix}})
	before := scrape(t, m)
	mix.Stats, mix.Mix.Restarts = &pb.MixStats{At: durationpb.New(0), Ticks: &pb.TickStats{Frames: 30}}, 3
	after := scrape(t, m)
	hasLines(t, before, `lianmai_mix_frames_total{mix="room"} 2700`, `lianmai_mix_worker_restarts_total{mix="room"} 2`)
	hasLines(t, after, `lianmai_mix_frames_total{mix="room"} 30`, `lianmai_mix_worker_restarts_total{mix="room"} 3`, `lianmai_mix_load_level{mix="room"} 0`)
	if strings.Contains(after, "participant=") {
		t.Error("inputs of the old process are still told of")
	}
}

// What a broken worker may say of itself costs that, not the scrape.
func TestAHostileSnapshotDoesNotSpoilTheScrape(t *testing.T) {
	bad := duet("bad", 1)
	for range 1000 {
		bad.Stats.Sources = append(bad.Stats.Sources, &pb.SourceStats{Name: fmt.Sprint("p", len(bad.Stats.Sources)), State: 99})
		bad.Stats.Outputs = append(bad.Stats.Outputs, &pb.OutputStats{Name: "twice"})
	}
	bad.Stats.Sources = append([]*pb.SourceStats{{Name: "a\xff\n"}, nil}, bad.Stats.Sources...)
	text := scrape(t, New(Config{Mixes: mixes{bad, duet("good", 0), {}, {Mix: &pb.Mix{State: pb.MixState_MIX_STATE_RUNNING}}}}))
	hasLines(t, text, `lianmai_mix_frames_total{mix="good"} 2700`, `lianmai_input_state{mix="good",participant="anna",state="live"} 1`)
	if n := strings.Count(text, `lianmai_input_delay_seconds{mix="bad"`); n > maxInputs {
		t.Errorf("%d inputs of one mix", n)
	}
}

func TestChecksAndData(t *testing.T) {
	var dataErr error
	m := New(Config{
		Checks: func() map[string]error { return map[string]error{"store": errors.New("full"), "capacity": nil} },
		Data:   func() (Data, error) { return Data{Free: 5, Size: 9}, dataErr },
	})
	hasLines(t, scrape(t, m), `lianmai_ready_check{check="store"} 0`, `lianmai_ready_check{check="capacity"} 1`,
		`lianmai_data_free_bytes 5`, `lianmai_data_size_bytes 9`)
	dataErr = errors.New("no such folder")
	if text := scrape(t, m); strings.Contains(text, "lianmai_data_") || !strings.Contains(text, "lianmai_ready_check") {
		t.Errorf("what cannot be learned is told, or the rest is not:\n%s", text)
	}
}

func TestOthersMayRegister(t *testing.T) {
	m := New(Config{})
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "webhook_deliveries_total", Help: "Deliveries."})
	m.Register(c)
	c.Inc()
	hasLines(t, scrape(t, m), `lianmai_webhook_deliveries_total 1`)
}

// full returns Metrics that have every series.
func full() *Metrics {
	m := New(Config{
		Mixes: mixes{duet("a", 0), duet("b", 1)}, MaxMixes: 1, Version: "v0",
		Checks: func() map[string]error { return map[string]error{"store": nil} },
		Data:   func() (Data, error) { return Data{}, nil },
	})
	m.calls.begin("/lianmai.v1.MixService/GetMix")(nil)
	m.calls.durations.WithLabelValues("/lianmai.v1.MixService/GetMix").Observe(1)
	return m
}

func BenchmarkScrape(b *testing.B) {
	var all mixes
	for i := range 200 {
		all = append(all, duet(fmt.Sprint("room", i), i))
	}
	m := New(Config{Mixes: all})
	for b.Loop() {
		if _, err := m.registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
