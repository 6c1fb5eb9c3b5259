package metrics

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is in every URL of duet and must be in no metric.
const secret = "hush0815"

// mixes are what a test has to show.
type mixes []*pb.GetMixResponse

// Snapshots returns them.
func (m mixes) Snapshots() []*pb.GetMixResponse { return m }

// duet returns a running mix of two, the age-th oldest.
func duet(id string, age int) *pb.GetMixResponse {
	return &pb.GetMixResponse{
		Mix: &pb.Mix{
			Spec: &pb.MixSpec{
				Id:           id,
				Participants: []*pb.Participant{{Name: "anna", Url: "rtmp://h/live/anna?auth_key=" + secret}, {Name: "ben", Url: "rtmp://h/live/ben"}},
				Outputs:      []*pb.Output{{Name: "cdn", Url: "rtmp://h/out/mix?txSecret=" + secret}},
			},
			State: pb.MixState_MIX_STATE_RUNNING, CreateTime: timestamppb.New(time.Unix(int64(1000-age), 0)), Restarts: 2,
		},
		Events: []*pb.MixEvent{{Reason: secret}},
		Stats: &pb.MixStats{
			At:        durationpb.New(90 * time.Second),
			Ticks:     &pb.TickStats{Frames: 2700, Late: 3, Skipped: 4, EncodeMax: durationpb.New(12 * time.Millisecond), EncodeTotal: durationpb.New(27 * time.Second)},
			Resources: &pb.ResourceStats{Cpu: durationpb.New(45 * time.Second), Memory: 250_000_000, Load: pb.LoadLevel_LOAD_LEVEL_LESS_ENCODING},
			Sources: []*pb.SourceStats{
				{
					Name: "anna", State: pb.SourceState_SOURCE_STATE_LIVE, FrameRate: 29.97, Bitrate: 800_000, Frames: 2690,
					Delay: durationpb.New(80 * time.Millisecond), Jitter: durationpb.New(15 * time.Millisecond), DriftPpm: -150,
					AvSkew: durationpb.New(-5 * time.Millisecond), DecodeErrors: 5, Reconnects: 6,
					Drops: &pb.SourceDrops{Overflow: 7, NoKeyFrame: 8, Refused: 9, NotShown: 10},
				},
				{Name: "ben", State: pb.SourceState_SOURCE_STATE_LOST},
			},
			Outputs: []*pb.OutputStats{{
				Name: "cdn", State: pb.OutputState_OUTPUT_STATE_LIVE, BytesSent: 123_456, Queue: durationpb.New(40 * time.Millisecond),
				DroppedPackets: 11, Reconnects: 12,
			}},
		},
	}
}

// scrape returns what Prometheus would get.
func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// hasLines fails the test for each line that text does not have.
func hasLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			t.Errorf("no line %s\nbut:", line)
			for got := range strings.Lines(text) {
				if strings.HasPrefix(got, name) {
					t.Error(got)
				}
			}
		}
	}
}
