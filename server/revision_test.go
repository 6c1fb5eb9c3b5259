package server

import (
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestRevisions(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	ctx := t.Context()
	changed, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", ExpectedRevision: 1, Main: proto.String("ben")})
	if err != nil || changed.Mix.Revision != 2 {
		t.Fatalf("UpdateLayout = %v, %v", changed, err)
	}
	same, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", Main: proto.String("ben")})
	if err != nil || same.Mix.Revision != 2 {
		t.Errorf("a change that changes nothing: %v, %v", same, err)
	}
	for name, call := range map[string]func() error{
		"UpdateMix": func() error {
			_, err := b.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: duet("room"), ExpectedRevision: 7})
			return err
		},
		"UpdateLayout": func() error {
			_, err := b.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: "room", ExpectedRevision: 7, Main: proto.String("anna")})
			return err
		},
		"SetParticipantState": func() error {
			_, err := b.SetParticipantState(ctx, &pb.SetParticipantStateRequest{Id: "room", ExpectedRevision: 7, Participant: "ben"})
			return err
		},
		"StopMix": func() error {
			_, err := b.StopMix(ctx, &pb.StopMixRequest{Id: "room", ExpectedRevision: 7})
			return err
		},
	} {
		err := call()
		wantCode(t, err, codes.Aborted)
		if text := status.Convert(err).Message(); !strings.Contains(text, "revision 2") || !strings.Contains(text, "expects 7") {
			t.Errorf("%s: %q does not have both numbers", name, text)
		}
	}
	if seen := b.engine.mix("room").seen(); len(seen) != 2 || seen[1].Revision != 2 || seen[1].Layout.Main != "ben" {
		t.Errorf("the engine was given %+v", seen)
	}
}

func TestConcurrentChangesAreMadeOneByOne(t *testing.T) {
	b := newBench(t, Limits{})
	b.start(t, duet("room"))
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				gain := float64(-w) - float64(i)/100 - 0.001 // a value that nobody else sets
				_, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{
					Id: "room", Participant: []string{"anna", "ben"}[w%2], GainDb: &gain,
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	wg.Wait()
	seen := b.engine.mix("room").seen()
	if len(seen) != writers*each+1 {
		t.Errorf("the engine was given %d specs, want %d", len(seen), writers*each+1)
	}
	for i, spec := range seen {
		if spec.Revision != int64(i+1) {
			t.Fatalf("spec %d has revision %d", i, spec.Revision)
		}
	}
	// Of changes made for one revision, one alone is made.
	var won, lost int
	var mu sync.Mutex
	for w := range writers {
		wg.Go(func() {
			gain := float64(w)
			_, err := b.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{
				Id: "room", Participant: "anna", GainDb: &gain, ExpectedRevision: writers*each + 1,
			})
			mu.Lock()
			defer mu.Unlock()
			switch status.Code(err) {
			case codes.OK:
				won++
			case codes.Aborted:
				lost++
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != writers-1 {
		t.Errorf("%d changes won and %d lost", won, lost)
	}
}
