package deploy_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/metrics"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// oneMix is a mix with everything that has metrics.
type oneMix struct{}

// Snapshots returns it.
func (oneMix) Snapshots() []*pb.GetMixResponse {
	return []*pb.GetMixResponse{{
		Mix: &pb.Mix{Spec: &pb.MixSpec{Id: "room"}, State: pb.MixState_MIX_STATE_RUNNING, CreateTime: timestamppb.Now()},
		Stats: &pb.MixStats{
			Sources: []*pb.SourceStats{{Name: "anna"}}, Outputs: []*pb.OutputStats{{Name: "cdn"}},
		},
	}}
}

// exported returns the names of the samples that the service exports.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	m := metrics.New(metrics.Config{
		Mixes: oneMix{}, Version: "v0",
		Checks: func() map[string]error { return map[string]error{"store": nil, "capacity": nil, "draining": nil} },
		Data:   func() (metrics.Data, error) { return metrics.Data{}, nil },

		Webhooks:   func() []metrics.Webhook { return []metrics.Webhook{{Endpoint: "a"}} },
		EventsLost: func() int64 { return 0 },
		Capacity:   func() metrics.Capacity { return metrics.Capacity{} },
	})
	err := m.Stream(nil, nil, &grpc.StreamServerInfo{FullMethod: "/s/M"}, func(any, grpc.ServerStream) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	names := map[string]bool{"up": true} // Prometheus' own
	for line := range strings.Lines(w.Body.String()) {
		if name := sample.FindString(line); name != "" {
			names[name] = true
		}
	}
	if len(names) < 40 {
		t.Fatalf("only %d names: %v", len(names), slices.Sorted(maps.Keys(names)))
	}
	return names
}

var (
	sample = regexp.MustCompile(`^[a-z_]+`)
	// quoted and groupings of an expression have no metric's name.
	quoted    = regexp.MustCompile(`"[^"]*"`)
	groupings = regexp.MustCompile(`\b(by|without|on|ignoring)\s*\([^)]*\)`)
	inBraces  = regexp.MustCompile(`\{[^}]*\}`)
	ranges    = regexp.MustCompile(`\[[^\]]*\]`)
	word      = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	call      = regexp.MustCompile(`^\s*\(`)
	labelName = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
)

// metricsIn returns the names of metrics in an expression: words that are no functions.
func metricsIn(expr string) (names []string) {
	bare := ranges.ReplaceAllString(inBraces.ReplaceAllString(groupings.ReplaceAllString(quoted.ReplaceAllString(expr, `""`), ""), ""), "")
	for _, at := range word.FindAllStringIndex(bare, -1) {
		name := bare[at[0]:at[1]]
		// sum by (mix) (…) has lost its grouping and reads as a call.
		if !call.MatchString(bare[at[1]:]) && name != "or" && name != "and" && name != "unless" {
			names = append(names, name)
		}
	}
	return names
}

// checkExpr fails the test for what an expression names and the service does not export.
func checkExpr(t *testing.T, where, expr string, names map[string]bool) {
	t.Helper()
	found := metricsIn(expr)
	if len(found) == 0 {
		t.Errorf("%s: no metric in %s", where, expr)
	}
	for _, name := range found {
		if !names[name] {
			t.Errorf("%s: %s is not exported: %s", where, name, expr)
		}
	}
	for _, braces := range inBraces.FindAllString(quoted.ReplaceAllString(expr, `""`), -1) {
		for _, m := range labelName.FindAllStringSubmatch(braces, -1) {
			if !slices.Contains([]string{"job", "instance", "mix", "participant", "output", "state", "reason", "check", "code", "method"}, m[1]) {
				t.Errorf("%s: nothing has a label %s: %s", where, m[1], expr)
			}
		}
	}
	if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
		t.Errorf("%s: the brackets do not match: %s", where, expr)
	}
}

func TestMetricsIn(t *testing.T) {
	for expr, want := range map[string][]string{
		`sum by (mix) (rate(a_total{mix=~"b|c"}[5m])) / sum(d) > 0.1`: {"a_total", "d"},
		`histogram_quantile(0.5, sum by (le) (rate(a_bucket[1m])))`:   {"a_bucket"},
		`count(a > 0) or vector(0)`:                                   {"a"},
		`vector(1)`:                                                   nil,
	} {
		if got := metricsIn(expr); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", expr, got, want)
		}
	}
}

func TestTheDashboardShowsWhatIsExported(t *testing.T) {
	text, err := os.ReadFile("grafana/lianmai.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		UID, Title string
		Panels     []struct {
			ID          int
			Type, Title string
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct {
				Name, Type string
				Query      json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	names := exported(t)
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || p.GridPos.X+p.GridPos.W > 24 || (p.Type != "row") != (len(p.Targets) > 0) {
			t.Errorf("panel %+v", p)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			checkExpr(t, p.Title, target.Expr, names)
		}
	}
	if dashboard.UID == "" || dashboard.Title == "" || len(ids) < 20 {
		t.Errorf("%q %q has %d panels", dashboard.UID, dashboard.Title, len(ids))
	}
	variables := map[string]bool{"__rate_interval": true}
	for _, v := range dashboard.Templating.List {
		variables[v.Name] = true
		if v.Type == "query" {
			for _, m := range regexp.MustCompile(`label_values\((\w+)`).FindAllStringSubmatch(string(v.Query), -1) {
				if !names[m[1]] {
					t.Errorf("variable %s: %s is not exported", v.Name, m[1])
				}
			}
		}
	}
	for _, m := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(string(text), -1) {
		if !variables[m[1]] && m[1] != "__all" {
			t.Errorf("nobody sets $%s", m[1])
		}
	}
}

// Every metric of the mixes is on the dashboard: one that nobody looks at is a mistake
// here or there.
func TestEveryMetricOfAMixIsShown(t *testing.T) {
	text, err := os.ReadFile("grafana/lianmai.json")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := []string{"lianmai_input_clock_drift_ratio", "lianmai_input_frames_total", "lianmai_metrics_mixes_omitted", "lianmai_data_size_bytes",
		"lianmai_api_call_duration_seconds_count", "lianmai_api_call_duration_seconds_sum"} // described in docs/operations.md
	manual, err := os.ReadFile("../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name := range exported(t) {
		if strings.HasPrefix(name, "lianmai_") && !slices.Contains(elsewhere, name) && !strings.Contains(string(text), name) {
			t.Errorf("%s is on no panel", name)
		}
		family := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum")
		if strings.HasPrefix(name, "lianmai_") && !strings.Contains(string(manual), "`"+strings.TrimPrefix(family, "lianmai_")+"`") {
			t.Errorf("docs/operations.md does not say what %s is", family)
		}
	}
}

func TestAlertsAreAboutWhatIsExported(t *testing.T) {
	text, err := os.ReadFile("prometheus/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	decode(t, text, &file)
	names := exported(t)
	seen := map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			checkExpr(t, r.Alert, r.Expr, names)
			if seen[r.Alert] || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
				t.Errorf("alert %+v", r)
			}
			seen[r.Alert] = true
		}
	}
	for _, want := range []string{"LianmaiLateTicks", "LianmaiOutputLost", "LianmaiWorkerRestarts", "LianmaiStoreNotWritable"} {
		if !seen[want] {
			t.Errorf("no alert %s", want)
		}
	}
}

// decode reads YAML with no keys but those of into.
func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}
