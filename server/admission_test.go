package server

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/admission"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// roomFor returns what carries so many duets on the default canvas and no more.
func roomFor(duets float64) *admission.Controller {
	spec := duet("x")
	fillDefaults(spec)
	one := load(spec).Cost()
	// A part of the capacity stays free.
	return admission.New(admission.Capacity{Cores: one.Cores * (duets + 0.5) / 0.85, Memory: 1 << 40})
}

func TestMoreThanTheMachineCanCarryIsRefusedWithNumbers(t *testing.T) {
	b := newBench(t, Limits{}, func(b *bench) { b.config = func(c *Config) { c.Mixes.AdmitBy(roomFor(2)) } })
	b.start(t, duet("a"))
	b.start(t, duet("b"))
	_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: duet("c")})
	wantCode(t, err, codes.ResourceExhausted)
	text := status.Convert(err).Message()
	for _, want := range []string{"needs about", "in use", "cores", "MB"} {
		if !strings.Contains(text, want) {
			t.Errorf("the refusal %q does not say %q", text, want)
		}
	}
	var quota bool
	for _, d := range status.Convert(err).Details() {
		failure, ok := d.(*errdetails.QuotaFailure)
		quota = quota || ok && len(failure.Violations) == 1 && strings.Contains(failure.Violations[0].Description, "in use")
	}
	if !quota {
		t.Errorf("the refusal has the details %v", status.Convert(err).Details())
	}
	if code, body := b.get(t, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "capacity") {
		t.Errorf("/readyz = %d %s", code, body)
	}

	// What is there already is not refused, and what is given back is free.
	b.start(t, duet("a"))
	if _, err := b.StopMix(t.Context(), &pb.StopMixRequest{Id: "b"}); err != nil {
		t.Fatal(err)
	}
	b.start(t, duet("c"))
}

func TestAMixThatGrowsBeyondTheMachineStaysAsItWas(t *testing.T) {
	b := newBench(t, Limits{}, func(b *bench) { b.config = func(c *Config) { c.Mixes.AdmitBy(roomFor(0.6)) } })
	before := b.start(t, duet("a"))
	grown := duet("a")
	for _, name := range []string{"carl", "dora", "emil", "fay"} {
		grown.Participants = append(grown.Participants, &pb.Participant{Name: name, Url: "rtmp://127.0.0.1/live/" + name})
	}
	_, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: grown})
	wantCode(t, err, codes.ResourceExhausted)
	after, err := b.GetMix(t.Context(), &pb.GetMixRequest{Id: "a"})
	if err != nil || !proto.Equal(after.Mix, before) {
		t.Errorf("after the refusal the mix is %v, %v", after, err)
	}
	smaller := duet("a")
	smaller.Participants = smaller.Participants[:1]
	if _, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: smaller}); err != nil {
		t.Errorf("a mix that shrinks: %v", err)
	}
}

func TestMixesThatWereAcknowledgedAreResumedWithoutRoom(t *testing.T) {
	d := newDisk()
	h := d.open()
	r := keeping(t, newRecorder(), nil, h)
	open(t, r, "a")
	crash(r, h)
	h = d.open()
	r = NewRegistry(newRecorder(), nil, Limits{})
	full := roomFor(-0.4)
	r.AdmitBy(full)
	r.Keep(Keeping{Mixes: h, Events: h})
	if err := r.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if used, _ := full.Usage(); used.Cores <= 0 {
		t.Errorf("a mix that was resumed counts %v", used)
	}
	mixes, _ := r.List(10, "", false)
	if len(mixes) != 1 || mixes[0].State != pb.MixState_MIX_STATE_RUNNING {
		t.Errorf("the mixes are %v", mixes)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
