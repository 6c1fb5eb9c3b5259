package e2e

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

var transitions = flag.Duration("transitions", 0, "run TestTransitionsMissNoTick for so long")

// shows is what TestTransitionsMissNoTick goes through, over and over: each step moves
// all six tiles.
var shows = []struct{ template, main string }{
	{"grid", "p1"}, {"float", "p2"}, {"strip", "p3"}, {"column", "p4"}, {"grid-by-count", "p5"}, {"pip", "p6"}, {"screen-share", "p1"}, {"pk", "p3"},
}

// TestTransitionsMissNoTick moves the six tiles of a live 720p30 mix nearly all the time
// (`make transitions`): ffmpeg pushes six 720p30 clips to nginx, lianmai mixes them and
// pushes to nginx, and once a second another template with a transition of 0.9 s is
// asked for. It prints the figures and fails when a tick was skipped, when more than
// 0.1 % were late or when the output has a gap.
func TestTransitionsMissNoTick(t *testing.T) {
	if *transitions == 0 {
		t.Skip("only with -transitions DURATION (make transitions)")
	}
	origin, cdn := peers.NginxRTMP(t), peers.NginxRTMP(t)
	args := []string{"start", "--id", "room", "--output", cdn + "/mix"}
	for i, path := range soakClips(t) {
		url := fmt.Sprintf("%s/p%d", origin, i+1)
		peers.FFmpeg(t, "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", path, "-c", "copy", "-f", "flv", url)
		args = append(args, "--input", fmt.Sprintf("p%d=%s", i+1, url))
	}
	s := serve(t)
	s.mix(args...)
	r := &room{service: s, mixes: s.client(t)}
	ctx, cancel := context.WithCancel(t.Context())
	changes := make(chan int, 1)
	go func() {
		n := 0
		defer func() { changes <- n }()
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			to := shows[n%len(shows)]
			if _, err := r.mixes.UpdateLayout(ctx, &pb.UpdateLayoutRequest{
				Id: "room", Template: &to.template, Main: proto.String(to.main), Transition: durationpb.New(900 * time.Millisecond),
			}); err != nil {
				return
			}
			n++
		}
	}()
	report := watch(t, cdn+"/mix", *transitions, judge.Options{Expect: judge.Expect{Width: 720, Height: 1280, FrameRate: media.FPS(30)}})
	cancel()
	n := <-changes

	ticks := s.mix("get", "room")["stats"].(map[string]any)["ticks"].(map[string]any)
	frames, late, skipped := count(ticks["frames"]), count(ticks["late"]), count(ticks["skipped"])
	gaps := report.Video.Stamps.Gaps + report.Audio.Stamps.Gaps + report.Video.Stamps.Repeats + report.Audio.Stamps.Repeats
	t.Logf("%d transitions of six tiles in %.0f s: %d ticks, %d skipped, %d late by more than half a frame (%.3f %%), %d gaps and repeats",
		n, report.Duration, frames, skipped, late, 100*float64(late)/float64(frames), gaps)
	if n < int(transitions.Seconds())-2 {
		t.Errorf("only %d transitions were made", n)
	}
	if skipped > 0 || float64(late) > maxLate*float64(frames) || gaps > 0 {
		t.Error("ticks were missed")
	}
}
