package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/internal/peers"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

var apiLoad = flag.Duration("api-load", 0, "run TestCallsDisturbNoTick for so long")

// callsPerSecond is how many calls TestCallsDisturbNoTick makes.
const callsPerSecond = 200

// TestCallsDisturbNoTick makes 200 calls of the API a second, half of them changes, while
// two mixes of two phones run (`make api-load`): at most 0.1 % of their ticks are late.
func TestCallsDisturbNoTick(t *testing.T) {
	if *apiLoad == 0 {
		t.Skip("only with -api-load DURATION (make api-load)")
	}
	origin := peers.NginxRTMP(t)
	for _, name := range []string{"p1", "p2"} {
		peers.Start(t, binary, "publish", origin+"/"+name, "--size", "360x640")
	}
	s := serve(t, "--data", t.TempDir())
	mixes := s.client(t)
	ids := []string{"one", "two"}
	for _, id := range ids {
		s.mix("start", "--id", id, "--input", "p1="+origin+"/p1", "--input", "p2="+origin+"/p2", "--output", origin+"/"+id)
		attend(t, origin+"/"+id).await(t, 60)
	}
	before := ticksOf(t, mixes, ids)
	took, failed := load(t, mixes, ids, *apiLoad)
	after := ticksOf(t, mixes, ids)

	slices.Sort(took)
	t.Logf("%d calls in %v, %d failed; they took %v (median), %v (99 %%), at most %v", len(took), *apiLoad, failed,
		took[len(took)/2].Round(10*time.Microsecond), took[len(took)*99/100].Round(10*time.Microsecond), took[len(took)-1].Round(10*time.Microsecond))
	for i, id := range ids {
		frames, late, skipped := after[i].Frames-before[i].Frames, after[i].Late-before[i].Late, after[i].Skipped-before[i].Skipped
		t.Logf("mix %s: %d ticks, %d late (%.3f %%), %d skipped", id, frames, late, 100*float64(late)/float64(frames), skipped)
		if float64(late) > maxLate*float64(frames) || skipped > 0 {
			t.Errorf("mix %s: %d of %d ticks were late, %d were skipped", id, late, frames, skipped)
		}
	}
	if failed > 0 {
		t.Errorf("%d calls failed", failed)
	}
}

// ticksOf returns what the mixes say of their ticks.
func ticksOf(t *testing.T, mixes pb.MixServiceClient, ids []string) (ticks []*pb.TickStats) {
	t.Helper()
	for _, id := range ids {
		mix, err := mixes.GetMix(t.Context(), &pb.GetMixRequest{Id: id})
		check(t, err)
		ticks = append(ticks, mix.Stats.Ticks)
	}
	return ticks
}

// load makes calls at their rate, whether or not those before have been answered, and
// returns how long each took.
func load(t *testing.T, mixes pb.MixServiceClient, ids []string, length time.Duration) (took []time.Duration, failed int) {
	t.Helper()
	var mu sync.Mutex
	var calls sync.WaitGroup
	random := rand.New(rand.NewPCG(1, 2))
	began := time.Now()
	for n := range int(length.Seconds() * callsPerSecond) {
		<-time.After(time.Until(began.Add(time.Duration(n) * time.Second / callsPerSecond)))
		id, kind := ids[random.IntN(len(ids))], random.IntN(4)
		calls.Go(func() {
			start := time.Now()
			err := oneCall(t.Context(), mixes, id, kind, n)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(start))
			if err != nil {
				failed++
				t.Log(err)
			}
		})
	}
	calls.Wait()
	return took, failed
}

// oneCall makes call number n, of one of four kinds.
func oneCall(ctx context.Context, mixes pb.MixServiceClient, id string, kind, n int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	switch kind {
	case 0:
		_, err = mixes.GetMix(ctx, &pb.GetMixRequest{Id: id})
	case 1:
		_, err = mixes.ListMixes(ctx, &pb.ListMixesRequest{})
	case 2:
		gain := float64(n%60) / 5
		_, err = mixes.SetParticipantState(ctx, &pb.SetParticipantStateRequest{Id: id, Participant: "p2", GainDb: &gain})
	default:
		main := fmt.Sprintf("p%d", 1+n%2)
		_, err = mixes.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: id, Main: &main, Transition: durationpb.New(300 * time.Millisecond)})
	}
	return err
}
