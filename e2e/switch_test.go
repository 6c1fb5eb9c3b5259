package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

// eye receives a stream and tells, picture by picture, where each participant is
// seen. It decodes as it receives.
type eye struct {
	mu      sync.Mutex
	decoder *decode.Video
	finder  pattern.Finder
	looks   []glance
	changed chan struct{}
	err     error
}

// glance is what one picture shows.
type glance struct {
	pts     time.Duration
	arrived time.Time
	places  map[int]pattern.Tile
}

func newEye() *eye { return &eye{changed: make(chan struct{})} }

func (e *eye) PullConnected() {}

func (e *eye) PullDisconnected(err error, _ time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *eye) PullPacket(p media.Packet) {
	if p.Kind != media.Video {
		return
	}
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.Config {
		if e.decoder == nil {
			e.decoder, e.err = decode.NewVideo(media.CodecH264, p.Data, decode.VideoOptions{})
		}
		return
	}
	if e.decoder == nil {
		return
	}
	if err := e.decoder.Decode(p, func(f *media.Frame) {
		g := glance{pts: f.PTS, arrived: now, places: map[int]pattern.Tile{}}
		for _, tile := range e.finder.Tiles(f, e.finder.Find(f, nil), nil) {
			g.places[tile.Number] = tile
		}
		f.Free()
		e.looks = append(e.looks, g)
	}); err != nil {
		e.err = err
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// await waits for a picture, from number `from` of those received on, that ok accepts,
// and returns its number.
func (e *eye) await(t *testing.T, what string, from int, ok func(glance) bool) int {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for n := from; ; {
		e.mu.Lock()
		for ; n < len(e.looks); n++ {
			if ok(e.looks[n]) {
				e.mu.Unlock()
				return n
			}
		}
		changed, err := e.changed, e.err
		e.mu.Unlock()
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("waited in vain for %s (%v)", what, err)
		}
	}
}

func (e *eye) glance(n int) glance {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.looks[n]
}

// room is a mix of publishing participants that is watched over RTMP.
type room struct {
	*service
	mixes pb.MixServiceClient
	eye   *eye
	names []string
}

// client returns a client of the service that the end of the test closes.
func (s *service) client(t *testing.T) pb.MixServiceClient {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+s.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	return pb.NewMixServiceClient(conn)
}

// newRoom starts the service, so many synthetic participants, a mix of them and an eye
// that watches it.
func newRoom(t *testing.T, people int, width, height, fps int) *room {
	t.Helper()
	r := &room{service: serve(t), eye: newEye()}
	r.mixes = r.client(t)
	base := "rtmp://" + r.rtmp + "/live/"
	spec := &pb.MixSpec{
		Id:      "room",
		Video:   &pb.VideoSettings{Width: int32(width), Height: int32(height), FrameRate: &pb.FrameRate{Num: int32(fps)}},
		Outputs: []*pb.Output{{Url: base + "mix"}},
		Layout:  &pb.Layout{Transition: durationpb.New(0)},
	}
	for n := 1; n <= people; n++ {
		name := fmt.Sprintf("p%d", n)
		peers.Start(t, binary, "publish", "--pattern", fmt.Sprint(n), "--size", "360x640", "--fps", "30", base+name)
		spec.Participants = append(spec.Participants, &pb.Participant{Name: name, Url: base + name})
		r.names = append(r.names, name)
	}
	_, err := r.mixes.StartMix(t.Context(), &pb.StartMixRequest{Spec: spec})
	check(t, err)
	u, err := rtmp.ParseURL(base + "mix")
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, r.eye) })
	t.Cleanup(func() {
		cancel()
		watching.Wait()
		r.eye.decoder.Close()
	})
	return r
}

// began returns when the mix's session time 0 was, by the wall clock of this machine.
func (r *room) began(t *testing.T) time.Time {
	t.Helper()
	mix, err := r.mixes.GetMix(t.Context(), &pb.GetMixRequest{Id: "room"})
	check(t, err)
	var began time.Time
	for _, e := range mix.Events {
		if e.Kind != pb.EventKind_EVENT_KIND_SPEC_APPLIED {
			continue
		}
		// An event is told at its tick or a little after it.
		if at := e.Time.AsTime().Add(-e.At.AsDuration()); began.IsZero() || at.Before(began) {
			began = at
		}
	}
	return began
}

// mainPlace is the rectangle of the main slot.
func mainPlace(t *testing.T, template string, canvas layout.Size, names []string) layout.Rect {
	t.Helper()
	tpl, err := layout.Builtin(template)
	check(t, err)
	for _, p := range tpl.Arrange(canvas, names, "", nil) {
		if p.Main {
			return p.Rect
		}
	}
	t.Fatal("no main slot")
	return layout.Rect{}
}

// shows says that participant n fills r in a picture.
func (g glance) shows(n int, r layout.Rect) bool {
	tile, ok := g.places[n]
	if !ok {
		return false
	}
	for _, d := range []int{tile.Rect.Min.X - r.X, tile.Rect.Min.Y - r.Y, tile.Rect.Max.X - r.X - r.W, tile.Rect.Max.Y - r.Y - r.H} {
		if d < -6 || d > 6 {
			return false
		}
	}
	return true
}

// TestLayoutShowsWithinTwoFrames changes the main speaker of a live mix many times and
// looks for the first picture that shows it, as an audience gets the stream over
// RTMP: it is at most two frames after UpdateLayout has returned. It prints how long
// that took, and how long until the picture was received and decoded.
func TestLayoutShowsWithinTwoFrames(t *testing.T) {
	const fps, rounds = 30, 20
	canvas := layout.Size{W: 360, H: 640}
	r := newRoom(t, 3, canvas.W, canvas.H, fps)
	place := mainPlace(t, layout.Default, canvas, r.names)
	seen := r.eye.await(t, "all three", 0, func(g glance) bool { return len(g.places) == 3 && g.shows(1, place) })
	var frames, arrivals []float64
	for i := range rounds {
		n := [...]int{2, 3, 1}[i%3]
		_, err := r.mixes.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: "room", Main: proto.String(r.names[n-1])})
		returned := time.Now()
		check(t, err)
		seen = r.eye.await(t, "the change", seen, func(g glance) bool { return g.shows(n, place) })
		g := r.eye.glance(seen)
		frames = append(frames, (g.pts-returned.Sub(r.began(t))).Seconds()*fps)
		arrivals = append(arrivals, float64(g.arrived.Sub(returned).Microseconds())/1000)
	}
	slices.Sort(frames)
	slices.Sort(arrivals)
	t.Logf("the first picture of a change is due %.2f frames (median; at most %.2f) after UpdateLayout has returned", frames[rounds/2], frames[rounds-1])
	t.Logf("and received %.0f ms (median; at most %.0f ms) after it", arrivals[rounds/2], arrivals[rounds-1])
	if most := frames[rounds-1]; most > 2 {
		t.Errorf("a change was seen %.2f frames after UpdateLayout had returned; want at most 2", most)
	}
}
