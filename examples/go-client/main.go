// Command go-client drives a mix from Go: it starts one of two participants, makes
// the guest the main speaker, sends the guest to the background, and stops.
//
//	lianmai serve &
//	lianmai publish --pattern 1 rtmp://127.0.0.1/live/host &
//	lianmai publish --pattern 2 rtmp://127.0.0.1/live/guest &
//	go run ./examples/go-client
//	ffplay rtmp://127.0.0.1/live/mix
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	lianmai "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func main() {
	server := flag.String("server", "127.0.0.1:7070", "gRPC address of lianmai serve")
	origin := flag.String("origin", "rtmp://127.0.0.1/live", "where host and guest are published and the mix goes")
	pause := flag.Duration("pause", 10*time.Second, "time between the steps")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *server, *origin, *pause); err != nil {
		log.Fatal(err)
	}
}

// run goes through the life of one mix, waiting pause between the steps. It stops
// the mix on the way out, whatever happened.
func run(ctx context.Context, server, origin string, pause time.Duration) error {
	conn, err := grpc.NewClient(server, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	mixes := lianmai.NewMixServiceClient(conn)

	started, err := mixes.StartMix(ctx, &lianmai.StartMixRequest{Spec: &lianmai.MixSpec{
		Id: "room-1",
		Participants: []*lianmai.Participant{
			{Name: "host", DisplayName: "主播", Url: origin + "/host"},
			{Name: "guest", DisplayName: "嘉宾", Url: origin + "/guest"},
		},
		Layout:  &lianmai.Layout{Template: "pk"},
		Outputs: []*lianmai.Output{{Url: origin + "/mix"}},
	}})
	if err != nil {
		return err
	}
	defer func() {
		// ctx may be done already: that is how Ctrl-C comes here.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_, err := mixes.StopMix(last, &lianmai.StopMixRequest{Id: "room-1"})
		log.Printf("stopped (error: %v)", err)
	}()
	log.Printf("revision %d: side by side at %s/mix", started.Mix.Revision, origin)

	main, strip, hidden := "guest", "strip", true
	if !wait(ctx, pause) {
		return nil
	}
	// Only if nobody has changed the mix in the meantime.
	changed, err := mixes.UpdateLayout(ctx, &lianmai.UpdateLayoutRequest{
		Id: "room-1", Template: &strip, Main: &main, ExpectedRevision: started.Mix.Revision,
	})
	if err != nil {
		return err
	}
	log.Printf("revision %d: the guest is large", changed.Mix.Revision)

	if !wait(ctx, pause) {
		return nil
	}
	state, err := mixes.SetParticipantState(ctx, &lianmai.SetParticipantStateRequest{
		Id: "room-1", Participant: "guest", Hidden: &hidden,
	})
	if err != nil {
		return err
	}
	log.Printf("revision %d: the guest's app went to the background", state.Mix.Revision)
	wait(ctx, pause)
	return nil
}

// wait sleeps for d and reports whether ctx is still alive.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
