// Command go-client drives a mix from Go: it starts one of two participants, waits until
// the mix is on the air, makes the guest the main speaker, sends the guest to the
// background, and stops. Meanwhile it prints what happens.
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
	"sync"
	"time"

	"github.com/lianmai/lianmai/client"
	lianmai "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func main() {
	server := flag.String("server", "127.0.0.1:7070", "gRPC address of lianmai serve")
	origin := flag.String("origin", "rtmp://127.0.0.1/live", "where host and guest are published and the mix goes")
	token := flag.String("token", "", "bearer token; on another machine only with -ca")
	ca := flag.String("ca", "", "PEM `file` of who vouches for the service's certificate; empty for no TLS")
	pause := flag.Duration("pause", 10*time.Second, "time between the steps")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var options []client.Option
	if *token != "" {
		options = append(options, client.WithToken(*token))
	}
	if *ca != "" {
		options = append(options, client.WithCA(*ca))
	}
	if err := run(ctx, *server, *origin, *pause, options...); err != nil {
		for _, f := range client.Faults(err) {
			log.Printf("%s: %s", f.Field, f.Description)
		}
		log.Fatal(err)
	}
}

// run goes through the life of one mix, waiting pause between the steps. It stops
// the mix on the way out, whatever happened.
func run(ctx context.Context, server, origin string, pause time.Duration, options ...client.Option) error {
	service, err := client.Dial(ctx, server, options...)
	if err != nil {
		return err
	}
	defer service.Close()
	mixes := service.Mixes()

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
	if err := service.WaitLive(ctx, "room-1", ""); err != nil {
		return err
	}
	log.Printf("revision %d: side by side at %s/mix", started.Mix.Revision, origin)

	watching, enough := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		// It ends with the mix or with watching; neither is worth a word.
		_ = service.Watch(watching, "room-1", tell)
	})
	defer watcher.Wait()
	defer enough()

	main, strip, hidden := "guest", "strip", true
	if !wait(ctx, pause) {
		return nil
	}
	// Only if nobody has changed the mix in the meantime.
	changed, err := mixes.UpdateLayout(ctx, &lianmai.UpdateLayoutRequest{
		Id: "room-1", Template: &strip, Main: &main, ExpectedRevision: started.Mix.Revision,
	})
	if client.IsRevision(err) {
		log.Print("somebody else changed the mix; it stays as they have it")
		return nil
	}
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

// tell prints an event.
func tell(u client.Update) error {
	if e := u.Event; e != nil {
		log.Printf("%v %s %s", e.Kind, e.Name, e.Reason)
	}
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
