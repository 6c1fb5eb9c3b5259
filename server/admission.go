package server

import (
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/protoadapt"

	"github.com/lianmai/lianmai/admission"
	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Admitter knows how much the machine can carry; *admission.Controller is one. It is safe
// for concurrent use.
type Admitter interface {
	// Admit takes a mix in, or takes up that it is another now, or returns an
	// admission.ErrNoCapacity and changes nothing.
	Admit(id string, m admission.Mix) error
	// Adopt is Admit for a mix that was acknowledged already: it is never refused.
	Adopt(id string, m admission.Mix)
	// Release gives back what a mix has.
	Release(id string)
	// Observe takes in what a mix has taken: CPU time in all, and memory now.
	Observe(id string, at time.Time, cpu time.Duration, memory int64)
	// Fits says whether a mix could be admitted.
	Fits(m admission.Mix) error
}

// unlimited admits everything.
type unlimited struct{}

func (unlimited) Admit(string, admission.Mix) error               { return nil }
func (unlimited) Adopt(string, admission.Mix)                     {}
func (unlimited) Release(string)                                  {}
func (unlimited) Observe(string, time.Time, time.Duration, int64) {}
func (unlimited) Fits(admission.Mix) error                        { return nil }

// AdmitBy has a decide which mixes the machine can carry. It is called once, before
// anything else; without it every mix is admitted.
func (r *Registry) AdmitBy(a Admitter) { r.admitter = a }

// load returns what is known of a complete spec before it runs: the canvas, and how many
// inputs there are. Hidden ones count: they come back.
func load(spec *pb.MixSpec) admission.Mix {
	v := spec.Video
	return admission.Mix{
		Inputs: make([]admission.Input, len(spec.Participants)),
		Width:  int(v.Width), Height: int(v.Height),
		Rate:   float64(v.FrameRate.Num) / float64(v.FrameRate.Den),
		Preset: v.Preset, Music: len(spec.Music),
	}
}

// least is the smallest mix that is likely to come: two phones on the default canvas. A
// machine without room for it is full.
func least() admission.Mix {
	phone := admission.Input{Width: 360, Height: 640, Rate: 15}
	return admission.Mix{
		Inputs: []admission.Input{phone, phone}, Width: DefaultWidth, Height: DefaultHeight, Rate: DefaultFrameRate, Preset: DefaultPreset,
	}
}

// measure tells the admitter what a mix takes.
func (r *Registry) measure(id string, taken mixer.Resources) {
	if taken.CPU > 0 {
		r.admitter.Observe(id, time.Now(), taken.CPU, taken.Memory)
	}
}

// noCapacity is an admission.ErrNoCapacity with details.
type noCapacity struct{ error }

// Unwrap returns what the admitter said.
func (n noCapacity) Unwrap() error { return n.error }

// details returns the numbers as a google.rpc.QuotaFailure.
func (n noCapacity) details() protoadapt.MessageV1 {
	failure := &errdetails.QuotaFailure{}
	if short, ok := errors.AsType[*admission.Shortage](n.error); ok {
		failure.Violations = append(failure.Violations, &errdetails.QuotaFailure_Violation{
			Subject:     "machine",
			Description: short.Error(),
		})
	}
	return failure
}

// admit takes in a mix with a spec. Errors: admission.ErrNoCapacity.
func (r *Registry) admit(spec *pb.MixSpec) error {
	if err := r.admitter.Admit(spec.Id, load(spec)); err != nil {
		return noCapacity{err}
	}
	return nil
}
