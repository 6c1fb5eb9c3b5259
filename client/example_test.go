package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/lianmai/lianmai/client"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	service, err := client.Dial(ctx, "mixer.example.org:7070", client.WithTLS(), client.WithToken(os.Getenv("LIANMAI_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()

	_, err = service.Mixes().StartMix(ctx, &pb.StartMixRequest{Spec: &pb.MixSpec{
		Id:           "room-1",
		Participants: []*pb.Participant{{Name: "host", Url: "rtmp://origin.example.org/live/host"}},
		Outputs:      []*pb.Output{{Name: "cdn", Url: "rtmp://cdn.example.org/live/room-1"}},
	}})
	for _, fault := range client.Faults(err) {
		fmt.Println(fault.Field, fault.Description)
	}
	if err != nil {
		log.Fatal(err)
	}
	if err := service.WaitLive(ctx, "room-1", "cdn"); err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_Watch() {
	ctx := context.Background()
	service, err := client.Dial(ctx, "127.0.0.1:7070")
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	err = service.Watch(ctx, "room-1", func(u client.Update) error {
		switch {
		case u.Event != nil:
			fmt.Println(u.Event.Kind, u.Event.Name, u.Event.Reason)
		case u.Stats != nil:
			fmt.Println(u.Stats.At.AsDuration(), "on the air")
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_UploadAsset() {
	ctx := context.Background()
	service, err := client.Dial(ctx, "127.0.0.1:7070")
	if err != nil {
		log.Fatal(err)
	}
	defer service.Close()
	logo, err := os.Open("logo.png")
	if err != nil {
		log.Fatal(err)
	}
	defer logo.Close()
	asset, err := service.UploadAsset(ctx, "logo", pb.AssetKind_ASSET_KIND_PICTURE, logo)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(asset.Name, asset.Version)
}
