package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/internal/peers"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// chaos is a service that is killed, and what it should know.
type chaos struct {
	t      *testing.T
	random *rand.Rand
	flags  []string
	grpc   string
	rtmp   string

	process   *peers.Process
	conn      *grpc.ClientConn
	mixes     pb.MixServiceClient
	templates pb.TemplateServiceClient

	completed *pb.MixSpec // of the mix "probe"

	model    map[string]*belief // by id of a mix
	uploaded map[string]int32   // newest version that is known, by name of a template
	serial   int

	calls, acknowledged, refused, uncertain int
	workersKilled, servicesKilled           int
	back                                    []time.Duration
}

// belief is what a mix may be: one state, or several after a call that was cut off.
type belief struct{ may []*pb.Mix } // each with spec, revision and state; nil is none

func newChaos(t *testing.T, random *rand.Rand) *chaos {
	c := &chaos{t: t, random: random, grpc: address(t), rtmp: address(t), model: map[string]*belief{}, uploaded: map[string]int32{}}
	c.flags = []string{
		"serve", "--grpc", c.grpc, "--http", "off", "--rtmp", c.rtmp, "--data", t.TempDir(), "--log-level", "error", "--log-format", "text",
	}
	conn, err := grpc.NewClient(c.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1, MaxDelay: 20 * time.Millisecond}}))
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	c.conn, c.mixes, c.templates = conn, pb.NewMixServiceClient(conn), pb.NewTemplateServiceClient(conn)
	c.start()
	return c
}

// start starts the service and waits until it answers.
func (c *chaos) start() {
	c.t.Helper()
	began := time.Now()
	c.process = peers.Start(c.t, binary, append(c.flags, peersAllowed...)...)
	for {
		ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
		c.conn.ResetConnectBackoff()
		_, err := c.mixes.ListMixes(ctx, &pb.ListMixesRequest{}, grpc.WaitForReady(true))
		cancel()
		if err == nil {
			break
		}
		select {
		case <-c.process.Done():
			c.t.Fatalf("the service ended:\n%s", c.process.Stderr())
		default:
		}
		if time.Since(began) > 30*time.Second {
			c.t.Fatalf("the service did not become ready: %v\n%s", err, c.process.Stderr())
		}
	}
	c.back = append(c.back, time.Since(began))
}

func (c *chaos) restart() { c.start() }

func (c *chaos) median() time.Duration {
	slices.Sort(c.back)
	return c.back[len(c.back)/2].Round(time.Millisecond)
}

func (c *chaos) longest() time.Duration { return slices.Max(c.back).Round(time.Millisecond) }

// spec is a small mix, cheap to run, whose output goes to the service's own origin.
func (c *chaos) spec(id string) *pb.MixSpec {
	return &pb.MixSpec{
		Id: id,
		Participants: []*pb.Participant{
			{Name: "a", Url: "rtmp://" + c.rtmp + "/live/a"}, {Name: "b", Url: "rtmp://" + c.rtmp + "/live/b"},
		},
		Video:   &pb.VideoSettings{Width: 64, Height: 64, FrameRate: &pb.FrameRate{Num: 5}, Bitrate: 100_000, Preset: "ultrafast"},
		Outputs: []*pb.Output{{Name: "out", Url: "rtmp://" + c.rtmp + "/live/" + id}},
		// Nobody publishes.
		IdleTimeout: durationpb.New(0),
	}
}

// call makes one call and checks the answer against the model.
func (c *chaos) call() {
	c.t.Helper()
	c.calls++
	c.serial++
	id := fmt.Sprintf("mix-%d", c.random.IntN(4))
	if c.model[id] == nil {
		c.model[id] = &belief{may: []*pb.Mix{nil}}
	}
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	switch n := c.random.IntN(100); {
	case n < 25:
		c.startMix(ctx, id)
	case n < 45:
		c.change(ctx, id, c.updateLayout)
	case n < 65:
		c.change(ctx, id, c.setParticipant)
	case n < 78:
		c.change(ctx, id, c.updateMix)
	case n < 86:
		c.stopMix(ctx, id)
	case n < 94:
		c.upload(ctx, fmt.Sprintf("t-%d", c.random.IntN(3)))
	default:
		c.getMix(ctx, id)
	}
}

// running says whether a state is that of a mix that runs.
func running(mix *pb.Mix) bool { return mix != nil && mix.State == pb.MixState_MIX_STATE_RUNNING }

// learn takes in the outcome of a call about mix id. next returns what becomes of a state
// that the mix may have, whether the call is refused then, and whether got is a right
// answer.
func (c *chaos) learn(id, what string, err error, got *pb.Mix, next func(was *pb.Mix) (want *pb.Mix, refused codes.Code)) {
	c.t.Helper()
	var after []*pb.Mix
	for _, was := range c.model[id].may {
		want, refused := next(was)
		switch {
		case err != nil && cutOff(err):
			after = append(after, was)
			if refused == codes.OK {
				after = append(after, want)
			}
		case err != nil:
			if refused == status.Code(err) {
				after = append(after, was)
			}
		case refused == codes.OK && same(want, got):
			after = append(after, got)
		}
	}
	if len(after) == 0 {
		c.t.Fatalf("%s of %s: %v, %v; the model has %v", what, id, got, err, c.model[id].may)
	}
	switch {
	case err == nil:
		c.acknowledged++
		after = after[:1]
	case cutOff(err):
		c.uncertain++
	default:
		c.refused++
	}
	c.model[id].may = distinct(after)
}

// same says whether two mixes have the same spec, revision and state.
func same(a, b *pb.Mix) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Revision == b.Revision && a.State == b.State && proto.Equal(a.Spec, b.Spec)
}

// distinct returns the states, each once.
func distinct(states []*pb.Mix) (out []*pb.Mix) {
	for _, s := range states {
		if !slices.ContainsFunc(out, func(o *pb.Mix) bool { return same(o, s) }) {
			out = append(out, s)
		}
	}
	return out
}

func (c *chaos) startMix(ctx context.Context, id string) {
	c.t.Helper()
	resp, err := c.mixes.StartMix(ctx, &pb.StartMixRequest{Spec: c.spec(id)})
	c.learn(id, "StartMix", err, resp.GetMix(), func(was *pb.Mix) (*pb.Mix, codes.Code) {
		if !running(was) {
			return c.fresh(id), codes.OK
		}
		// A mix that was started with this spec and has not ended is that one.
		return was, codes.OK
	})
}

// fresh is a mix that was just started: its spec with the defaults, as the first start
// has shown them.
func (c *chaos) fresh(id string) *pb.Mix {
	c.t.Helper()
	return &pb.Mix{Spec: c.complete(c.spec(id)), Revision: 1, State: pb.MixState_MIX_STATE_RUNNING}
}

// changed is what a change of a mix that runs leads to.
func changed(was *pb.Mix, change func(*pb.MixSpec)) (*pb.Mix, codes.Code) {
	switch {
	case was == nil:
		return nil, codes.NotFound
	case !running(was):
		return nil, codes.FailedPrecondition
	}
	next := &pb.Mix{Spec: proto.CloneOf(was.Spec), Revision: was.Revision + 1, State: was.State}
	change(next.Spec)
	if proto.Equal(next.Spec, was.Spec) {
		next.Revision = was.Revision
	}
	return next, codes.OK
}

// change makes a call that changes a spec.
func (c *chaos) change(ctx context.Context, id string, call func(ctx context.Context, id string) (string, *pb.Mix, func(*pb.MixSpec), error)) {
	c.t.Helper()
	what, got, apply, err := call(ctx, id)
	c.learn(id, what, err, got, func(was *pb.Mix) (*pb.Mix, codes.Code) { return changed(was, apply) })
}

func (c *chaos) updateLayout(ctx context.Context, id string) (string, *pb.Mix, func(*pb.MixSpec), error) {
	d := durationpb.New(time.Duration(c.serial%5000) * time.Millisecond)
	resp, err := c.mixes.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: id, Transition: d})
	return "UpdateLayout", resp.GetMix(), func(s *pb.MixSpec) { s.Layout.Transition = d }, err
}

func (c *chaos) setParticipant(ctx context.Context, id string) (string, *pb.Mix, func(*pb.MixSpec), error) {
	gain := float64(c.serial%60) / 5
	resp, err := c.mixes.SetParticipantState(ctx, &pb.SetParticipantStateRequest{Id: id, Participant: "b", GainDb: &gain})
	return "SetParticipantState", resp.GetMix(), func(s *pb.MixSpec) { s.Participants[1].GainDb = gain }, err
}

func (c *chaos) updateMix(ctx context.Context, id string) (string, *pb.Mix, func(*pb.MixSpec), error) {
	spec := c.spec(id)
	spec.Participants[0].DisplayName = fmt.Sprint("name ", c.serial)
	resp, err := c.mixes.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: spec})
	complete := c.complete(spec)
	return "UpdateMix", resp.GetMix(), func(s *pb.MixSpec) { proto.Reset(s); proto.Merge(s, complete) }, err
}

func (c *chaos) stopMix(ctx context.Context, id string) {
	c.t.Helper()
	resp, err := c.mixes.StopMix(ctx, &pb.StopMixRequest{Id: id})
	c.learn(id, "StopMix", err, resp.GetMix(), func(was *pb.Mix) (*pb.Mix, codes.Code) {
		if was == nil {
			return nil, codes.NotFound
		}
		return &pb.Mix{Spec: was.Spec, Revision: was.Revision, State: pb.MixState_MIX_STATE_STOPPED}, codes.OK
	})
}

func (c *chaos) getMix(ctx context.Context, id string) {
	c.t.Helper()
	resp, err := c.mixes.GetMix(ctx, &pb.GetMixRequest{Id: id})
	c.learn(id, "GetMix", err, resp.GetMix(), func(was *pb.Mix) (*pb.Mix, codes.Code) {
		if was == nil {
			return nil, codes.NotFound
		}
		return was, codes.OK
	})
}

// upload uploads another version of a template.
func (c *chaos) upload(ctx context.Context, name string) {
	c.t.Helper()
	resp, err := c.templates.UploadTemplate(ctx, &pb.UploadTemplateRequest{Source: &pb.UploadTemplateRequest_Text{Text: []byte(fmt.Sprintf(
		`{"name": %q, "description": "number %d", "layouts": [{"slots": [{"w": 1, "h": 1}]}]}`, name, c.serial))}})
	switch {
	case err == nil:
		c.acknowledged++
		if v := resp.GetInfo().GetVersion(); v <= c.uploaded[name] {
			c.t.Fatalf("template %s got version %d after %d", name, v, c.uploaded[name])
		}
		c.uploaded[name] = resp.GetInfo().GetVersion()
	case cutOff(err):
		c.uncertain++
	default:
		c.t.Fatalf("UploadTemplate: %v", err)
	}
}

// compare asks the service for everything and checks that it is what the model may be.
func (c *chaos) compare(when string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	list, err := c.mixes.ListMixes(ctx, &pb.ListMixesRequest{IncludeStopped: true})
	check(c.t, err)
	listed := map[string]int64{}
	for _, m := range list.Mixes {
		listed[m.Id] = m.Revision
	}
	for id := range c.model {
		c.getMix(ctx, id)
		known := c.model[id].may[0]
		if known == nil {
			continue
		}
		if revision, ok := listed[id]; !ok || revision != known.Revision {
			c.t.Fatalf("%s: the list has revision %d of %s (%v); want %d", when, revision, id, ok, known.Revision)
		}
	}
	for name, version := range c.uploaded {
		if _, err := c.templates.GetTemplate(ctx, &pb.GetTemplateRequest{Name: name, Version: version}); err != nil {
			c.t.Fatalf("%s: version %d of template %s, which was acknowledged: %v", when, version, name, err)
		}
	}
}

// complete returns a spec as the service completes it, which a mix that is stopped again
// has shown once.
func (c *chaos) complete(spec *pb.MixSpec) *pb.MixSpec {
	out := proto.CloneOf(c.completed)
	out.Id, out.Outputs[0].Url = spec.Id, spec.Outputs[0].Url
	if name := spec.Participants[0].DisplayName; name != "" {
		out.Participants[0].DisplayName = name
	}
	return out
}

// settle stops everything and waits until the service has closed what it no longer needs.
func (c *chaos) settle() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	started, err := c.mixes.StartMix(ctx, &pb.StartMixRequest{Spec: c.spec("probe")})
	check(c.t, err)
	c.completed = started.Mix.Spec
	list, err := c.mixes.ListMixes(ctx, &pb.ListMixesRequest{})
	check(c.t, err)
	for _, m := range list.Mixes {
		_, err := c.mixes.StopMix(ctx, &pb.StopMixRequest{Id: m.Id})
		check(c.t, err)
	}
	// What the origin still has open it closes when the peers' ends have arrived.
	for last, same := -1, 0; same < 5 && ctx.Err() == nil; {
		n := descriptors(c.process.PID())
		if same++; n != last || len(children(c.process.PID())) > 0 {
			last, same = n, 0
		}
		<-time.After(50 * time.Millisecond)
	}
}

// strays counts the workers whose service is gone.
func (c *chaos) strays() (n int) {
	for _, p := range processes() {
		exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.pid))
		if exe == binary && p.pid != c.process.PID() && p.parent != c.process.PID() {
			n++
		}
	}
	return n
}
