package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/internal/peers"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// maxAwayWithService bounds how long an output may be away when the service itself was
// killed and is started again.
const maxAwayWithService = 3 * time.Second

// TestKilledServiceComesBack kills the service and starts it again: both mixes are back at
// their destinations within three seconds, with timestamps that rise, and everything that
// was acknowledged is there.
func TestKilledServiceComesBack(t *testing.T) {
	const rounds = 3
	origin, cdn := peers.NginxRTMP(t), peers.NginxRTMP(t)
	for _, name := range []string{"p1", "p2"} {
		peers.Start(t, binary, "publish", origin+"/"+name, "--size", "360x640")
	}
	s := serve(t, "--data", t.TempDir())
	file := filepath.Join(t.TempDir(), "stage.json")
	check(t, os.WriteFile(file, []byte(`{"name": "stage", "layouts": [{"slots": [{"w": 1, "h": 0.5}, {"y": 0.5, "w": 1, "h": 0.5}]}]}`), 0o600))
	s.run("template", "upload", file)
	mixes := s.client(t)
	outs := map[string]*witness{}
	for _, id := range []string{"one", "two"} {
		s.mix("start", "--id", id, "--template", "stage", "--input", "p1="+origin+"/p1", "--input", "p2="+origin+"/p2", "--output", cdn+"/"+id)
		outs[id] = attend(t, cdn+"/"+id)
		outs[id].await(t, 30)
	}
	stopped := "three"
	s.mix("start", "--id", stopped, "--output", cdn+"/"+stopped)
	s.mix("stop", stopped)
	var away []time.Duration
	for round := range rounds {
		_, err := mixes.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "two", Participant: "p2", GainDb: proto.Float64(float64(-round - 1))})
		check(t, err)
		before := everything(t, mixes)
		counts := map[string]int{}
		s.process.Kill()
		for id, out := range outs {
			counts[id] = out.count()
		}
		s.start()
		if after := everything(t, mixes); !slices.Equal(after, before) {
			t.Errorf("after the restart the service knows\n%q; before it\n%q", after, before)
		}
		for id, out := range outs {
			out.await(t, counts[id]+90)
			away = append(away, out.longest(counts[id]-1))
		}
	}
	slices.Sort(away)
	t.Logf("after kill -9 of the service an output is away for %v (median; at most %v)", away[len(away)/2].Round(time.Millisecond), away[len(away)-1].Round(time.Millisecond))
	if most := away[len(away)-1]; most > maxAwayWithService {
		t.Errorf("an output was away for %v; want at most %v", most, maxAwayWithService)
	}
	for id, out := range outs {
		if bad := out.falls(); bad > 0 {
			t.Errorf("%d timestamps of %s did not rise", bad, id)
		}
	}
}

// everything returns what the service knows of all mixes, in one line each.
func everything(t *testing.T, mixes pb.MixServiceClient) (lines []string) {
	t.Helper()
	list, err := mixes.ListMixes(t.Context(), &pb.ListMixesRequest{IncludeStopped: true})
	check(t, err)
	for _, m := range list.Mixes {
		mix, err := mixes.GetMix(t.Context(), &pb.GetMixRequest{Id: m.Id})
		check(t, err)
		lines = append(lines, fmt.Sprintf("%s: revision %d, %s, gain %v, template %s@%d, created %v", m.Id, m.Revision, m.State,
			lastGain(mix.Mix.Spec), m.Template, m.TemplateVersion, m.CreateTime.AsTime()))
	}
	return lines
}

func lastGain(spec *pb.MixSpec) float64 {
	if n := len(spec.Participants); n > 0 {
		return spec.Participants[n-1].GainDb
	}
	return 0
}
