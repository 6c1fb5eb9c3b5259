package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestStartSaysWhenAMixEnds(t *testing.T) {
	addr, _ := startService(t)
	s := shell{t, addr}
	for id, c := range map[string]struct {
		flags     []string
		idle, max time.Duration
	}{
		"default": {nil, 5 * time.Minute, 0},
		"both":    {[]string{"--idle-timeout", "90s", "--max-duration", "4h"}, 90 * time.Second, 4 * time.Hour},
		"never":   {[]string{"--idle-timeout", "0", "--max-duration", "0"}, 0, 0},
	} {
		out := s.must(append([]string{"mix", "start", "--id", id, "--output", "rtmp://h/out/" + id, "--json"}, c.flags...)...)
		var mix pb.Mix
		if err := protojson.Unmarshal([]byte(out), &mix); err != nil {
			t.Fatal(err)
		}
		if got := mix.Spec.IdleTimeout.AsDuration(); mix.Spec.IdleTimeout == nil || got != c.idle {
			t.Errorf("%s: idle timeout %v, want %v", id, mix.Spec.IdleTimeout, c.idle)
		}
		if got := mix.Spec.MaxDuration.AsDuration(); got != c.max {
			t.Errorf("%s: max duration %v, want %v", id, got, c.max)
		}
	}
	code, _, stderr := s.run("mix", "start", "--id", "long", "--output", "rtmp://h/out/x", "--idle-timeout", "25h", "--max-duration", "-1s")
	if code != exitUsage || !strings.Contains(stderr, "  --idle-timeout: ") || !strings.Contains(stderr, "  --max-duration: ") {
		t.Errorf("out of range = %d\n%s", code, stderr)
	}
}
