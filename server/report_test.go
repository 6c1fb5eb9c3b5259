package server

import (
	"testing"
	"time"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Every state and kind of the engine has a name in the API.
func TestEveryStateIsReported(t *testing.T) {
	for s := mixer.Connecting; s.String() != "unknown"; s++ {
		if sourceStates[s] == pb.SourceState_SOURCE_STATE_UNSPECIFIED {
			t.Errorf("source state %v is not reported", s)
		}
	}
	for s := mixer.OutputConnecting; s.String() != "unknown"; s++ {
		if outputStates[s] == pb.OutputState_OUTPUT_STATE_UNSPECIFIED {
			t.Errorf("output state %v is not reported", s)
		}
	}
	for k := mixer.MixStarted; k.String() != "unknown"; k++ {
		if eventKinds[k] == pb.EventKind_EVENT_KIND_UNSPECIFIED {
			t.Errorf("event kind %v is not reported", k)
		}
	}
}

func TestSourceStatisticsAreReportedWhole(t *testing.T) {
	got := statsToProto(mixer.Stats{Sources: []mixer.SourceStats{{
		Name: "anna", State: mixer.Away, GOP: 2 * time.Second, DriftPPM: -150, Skew: -7 * time.Millisecond,
		Drops: mixer.Drops{Overflow: 1, NoKeyFrame: 2, Refused: 3, NotShown: 4}, DroppedFrames: 10,
	}}}, mixer.Meters{}).Sources[0]
	if got.State != pb.SourceState_SOURCE_STATE_AWAY || got.Gop.AsDuration() != 2*time.Second || got.DriftPpm != -150 || got.AvSkew.AsDuration() != -7*time.Millisecond {
		t.Errorf("reported %v", got)
	}
	if d := got.Drops; d.Overflow != 1 || d.NoKeyFrame != 2 || d.Refused != 3 || d.NotShown != 4 || got.DroppedFrames != 10 {
		t.Errorf("drops %v", d)
	}
}
