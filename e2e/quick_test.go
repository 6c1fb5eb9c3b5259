package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

// TestHidingShowsWithinTwoFrames says of a participant that its app went to the
// background, and came back, many times: the first picture that shows it is at most two
// frames after the call has returned, as an audience gets it over RTMP.
func TestHidingShowsWithinTwoFrames(t *testing.T) {
	const fps, rounds = 30, 20
	r := newRoom(t, 2, 360, 640, fps)
	has := func(g glance) bool { _, ok := g.places[2]; return ok }
	seen := r.eye.await(t, "both", 0, func(g glance) bool { return len(g.places) == 2 })
	var frames []float64
	for i := range rounds {
		hidden := i%2 == 0
		_, err := r.mixes.SetParticipantState(t.Context(), &pb.SetParticipantStateRequest{Id: "room", Participant: r.names[1], Hidden: proto.Bool(hidden)})
		returned := time.Now()
		check(t, err)
		seen = r.eye.await(t, "the change", seen, func(g glance) bool { return has(g) != hidden })
		frames = append(frames, (r.eye.glance(seen).pts-returned.Sub(r.began(t))).Seconds()*fps)
	}
	slices.Sort(frames)
	t.Logf("the first picture of a change is due %.2f frames (median; at most %.2f) after SetParticipantState has returned", frames[rounds/2], frames[rounds-1])
	if most := frames[rounds-1]; most > 2 {
		t.Errorf("a change was seen %.2f frames after the call had returned; want at most 2", most)
	}
}

// firstKey notes when the first key frame came.
type firstKey struct {
	mu   sync.Mutex
	at   time.Time
	done func()
}

func (*firstKey) PullConnected()                        {}
func (*firstKey) PullDisconnected(error, time.Duration) {}
func (f *firstKey) PullPacket(p media.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.Kind == media.Video && p.Key && !p.Config && f.at.IsZero() {
		f.at = time.Now()
		f.done()
	}
}

// maxStart bounds the time from the call of StartMix to the first key frame at the
// destination.
const maxStart = 600 * time.Millisecond

// TestStartIsQuick measures how long after the call of StartMix on live sources the
// first key frame of the mix is at its destination.
func TestStartIsQuick(t *testing.T) {
	s := serve(t)
	base := "rtmp://" + s.rtmp + "/live/"
	peers.Start(t, binary, "publish", base+"p1", "--size", "360x640", "--fps", "30")
	mixes := s.client(t)
	var took []time.Duration
	for i := range 5 {
		out := fmt.Sprintf("%smix%d", base, i)
		u, err := rtmp.ParseURL(out)
		check(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		f := &firstKey{done: cancel}
		var wait sync.WaitGroup
		wait.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, f) }) // waits for it to be published
		began := time.Now()
		_, err = mixes.StartMix(t.Context(), &pb.StartMixRequest{Spec: &pb.MixSpec{
			Id: fmt.Sprint("m", i), Participants: []*pb.Participant{{Name: "p1", Url: base + "p1"}}, Outputs: []*pb.Output{{Url: out}},
		}})
		check(t, err)
		wait.Wait()
		cancel()
		if f.at.IsZero() {
			t.Fatal("no key frame came")
		}
		took = append(took, f.at.Sub(began))
		_, err = mixes.StopMix(t.Context(), &pb.StopMixRequest{Id: fmt.Sprint("m", i)})
		check(t, err)
	}
	slices.Sort(took)
	t.Logf("the first key frame is at the destination %v (median; at most %v) after the call", took[2].Round(time.Millisecond), took[4].Round(time.Millisecond))
	if took[2] > maxStart {
		t.Errorf("starting takes %v; want at most %v", took[2], maxStart)
	}
}
