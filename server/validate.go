package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

// What is told of the faults of one request. The answer travels in HTTP/2 trailers,
// of which some clients take only 8 KiB; base64 makes four bytes of three, and the
// text comes beside.
const (
	maxFaults     = 32
	maxFaultBytes = 3 << 10
)

// crossField says which field a rule about a whole message is about, as the path
// from that message. The rules are in the protos.
var crossField = map[string]string{
	"mix_spec.participants.unique": "participants",
	"mix_spec.outputs.unique":      "outputs",
	"mix_spec.music.unique":        "music",
	"mix_spec.layout.main":         "layout.main",
	"mix_spec.layout.order":        "layout.order",
	"mix_spec.layout.overrides":    "layout.overrides",
	"layout.overrides.unique":      "overrides",
}

// checker checks requests against the rules in the protos and against those that
// need code: URLs, and names of templates and pictures.
type checker struct {
	rules   protovalidate.Validator
	library *Library
	gate    *guard.Gate // nil lets every address through
}

// newChecker compiles the rules. An error is a mistake in the protos.
func newChecker(library *Library) (*checker, error) {
	rules, err := protovalidate.New(
		protovalidate.WithMessages(
			&pb.StartMixRequest{}, &pb.UpdateMixRequest{}, &pb.UpdateLayoutRequest{},
			&pb.SetParticipantStateRequest{}, &pb.StopMixRequest{}, &pb.GetMixRequest{},
			&pb.ListMixesRequest{}, &pb.WatchMixRequest{},
			&pb.PlayMusicRequest{}, &pb.PauseMusicRequest{}, &pb.ResumeMusicRequest{}, &pb.SeekMusicRequest{},
			&pb.StopMusicRequest{}, &pb.SetMusicGainRequest{}, &pb.UpdateSoundRequest{},
			&pb.UploadTemplateRequest{}, &pb.GetTemplateRequest{}, &pb.ListTemplatesRequest{},
			&pb.DeleteTemplateRequest{}, &pb.PreviewTemplateRequest{},
			&pb.UploadAssetRequest{}, &pb.GetAssetRequest{}, &pb.ListAssetsRequest{}, &pb.DeleteAssetRequest{},
		),
		protovalidate.WithDisableLazy(),
	)
	if err != nil {
		return nil, fmt.Errorf("server: compiling the API's rules: %w", err)
	}
	return &checker{rules: rules, library: library}, nil
}

// request checks a request that holds no spec. The error is a Faults.
func (c *checker) request(req proto.Message) error {
	faults, err := c.faults(req)
	return outcome(faults, err)
}

// layoutRequest checks a request for a layout.
func (c *checker) layoutRequest(req *pb.UpdateLayoutRequest) error {
	if req.Order != nil {
		req.Order.Names = trim(req.Order.Names, maxOrder)
	}
	if req.Overrides != nil {
		req.Overrides.Slots = trim(req.Overrides.Slots, maxOrder)
	}
	return c.request(req)
}

// A pinner fills in the versions that a spec with its defaults leaves open, and returns
// what cannot be found, as Library.pin does.
type pinner func(ctx context.Context, spec *pb.MixSpec) (Faults, error)

// specRequest checks a request whose field `spec` is spec. spec is not pinned.
func (c *checker) specRequest(ctx context.Context, req proto.Message, spec *pb.MixSpec, pin pinner) error {
	trimSpec(spec)
	faults, err := c.faults(req)
	if spec != nil && err == nil {
		var more Faults
		more, err = c.codeFaults(ctx, spec, "spec.", faults, pin)
		faults = append(faults, more...)
		faults = append(faults, c.addressFaults(spec, faults)...)
	}
	return outcome(faults, err)
}

// result checks the spec that a change would lead to. Paths begin at the spec.
func (c *checker) result(ctx context.Context, spec *pb.MixSpec) (Faults, error) {
	faults, err := c.faults(spec)
	if err != nil {
		return nil, err
	}
	more, err := c.codeFaults(ctx, spec, "", faults, c.library.pin)
	return append(faults, more...), err
}

// outcome makes an error of faults. As many are kept as an answer has room for.
func outcome(faults Faults, err error) error {
	if err != nil {
		return err
	}
	room := maxFaultBytes
	for i, f := range faults {
		if room -= len(f.Field) + len(f.Allowed); i == maxFaults || room < 0 && i > 0 {
			faults = faults[:i]
			break
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return faults
}

// faults returns what breaks the rules in the protos.
func (c *checker) faults(msg proto.Message) (Faults, error) {
	err := c.rules.Validate(msg)
	if err == nil {
		return nil, nil
	}
	broken, ok := errors.AsType[*protovalidate.ValidationError](err)
	if !ok {
		return nil, fmt.Errorf("server: checking a request: %w", err)
	}
	var faults Faults
	for _, v := range broken.Violations {
		path := protovalidate.FieldPathString(v.Proto.GetField())
		if field, ok := crossField[v.Proto.GetRuleId()]; ok {
			if path != "" {
				path += "."
			}
			path += field
		}
		faults = append(faults, Fault{Field: path, Allowed: v.Proto.GetMessage()})
	}
	return faults, nil
}

// codeFaults returns the faults that the protos' rules cannot find, in fields that
// are not among known. spec is not changed.
func (c *checker) codeFaults(ctx context.Context, spec *pb.MixSpec, prefix string, known Faults, pin pinner) (Faults, error) {
	bad := make(map[string]bool, len(known))
	for _, f := range known {
		bad[f.Field] = true
	}
	var faults Faults
	add := func(field, allowed string) {
		if field = prefix + field; !bad[field] {
			faults = append(faults, Fault{Field: field, Allowed: allowed})
		}
	}
	_, dressing := overridesOf(spec.GetLayout().GetOverrides())
	pinned := proto.CloneOf(spec)
	fillDefaults(pinned)
	missing, err := pin(ctx, pinned)
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(missing, dressing.under("layout.overrides")) {
		add(f.Field, f.Allowed)
	}
	for i, p := range spec.Participants {
		if _, err := rtmp.ParseURL(p.GetUrl()); err != nil {
			add(fmt.Sprintf("participants[%d].url", i), urlRule(err))
		}
	}
	for i, track := range spec.Music {
		for _, f := range trackFaults(track).under(fmt.Sprintf("music[%d].", i)) {
			add(f.Field, f.Allowed)
		}
	}
	for i, o := range spec.Outputs {
		if _, err := rtmp.ParseURL(o.GetUrl()); err != nil {
			add(fmt.Sprintf("outputs[%d].url", i), urlRule(err))
		}
	}
	return faults, nil
}

// urlRule says what a URL may be and why this one is not; err does not quote it.
func urlRule(err error) string {
	return "must be rtmp://host/app/stream or rtmps://…: " +
		strings.TrimPrefix(err.Error(), rtmp.ErrURL.Error()+": ")
}

// The protos' limits on lists.
const (
	maxParticipants = 6
	maxOrder        = 6
	maxOutputs      = 10
	maxMusic        = 8
)

// trimSpec cuts lists that are too long to one more than allowed: still a fault, but
// one that takes no time to check and no room to tell.
func trimSpec(spec *pb.MixSpec) {
	if spec == nil {
		return
	}
	spec.Participants = trim(spec.Participants, maxParticipants)
	spec.Outputs = trim(spec.Outputs, maxOutputs)
	spec.Music = trim(spec.Music, maxMusic)
	if spec.Layout != nil {
		spec.Layout.Order = trim(spec.Layout.Order, maxOrder)
		spec.Layout.Overrides = trim(spec.Layout.Overrides, maxOrder)
	}
}

func trim[T any](list []T, most int) []T {
	return list[:min(len(list), most+1)]
}
