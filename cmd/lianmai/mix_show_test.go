package main

import (
	"testing"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestDropsAreToldByReason(t *testing.T) {
	for want, s := range map[string]*pb.SourceStats{
		"0":            {},
		"7":            {DroppedFrames: 7}, // an older service
		"3: 3 refused": {DroppedFrames: 3, Drops: &pb.SourceDrops{Refused: 3}},
		"10: 1 overflow, 2 no key frame, 7 not shown": {DroppedFrames: 10, Drops: &pb.SourceDrops{Overflow: 1, NoKeyFrame: 2, NotShown: 7}},
	} {
		if got := dropped(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
