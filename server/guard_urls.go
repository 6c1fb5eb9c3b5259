package server

import (
	"fmt"
	"strings"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

// addressFaults returns the URLs of spec that lead where the engine may not connect, in
// fields that are not among known. A name that resolves to such an address is found when
// the engine dials it.
func (c *checker) addressFaults(spec *pb.MixSpec, known Faults) (faults Faults) {
	add := func(d guard.Direction, text, format string, i int) {
		field := fmt.Sprintf(format, i)
		if rule := c.addressRule(d, text); rule != "" && !known.about(field) {
			faults = append(faults, Fault{Field: field, Allowed: rule})
		}
	}
	for i, p := range spec.GetParticipants() {
		add(guard.Input, p.GetUrl(), "spec.participants[%d].url", i)
	}
	for i, track := range spec.GetMusic() {
		add(guard.Input, track.GetUrl(), "spec.music[%d].url", i)
	}
	for i, o := range spec.GetOutputs() {
		add(guard.Output, o.GetUrl(), "spec.outputs[%d].url", i)
	}
	return faults
}

// addressRule says what the address of a URL may be, if it may not be what it is. A text
// that is no URL is somebody else's to find.
func (c *checker) addressRule(d guard.Direction, text string) string {
	u, err := rtmp.ParseURL(text)
	if c.gate == nil || err != nil {
		return ""
	}
	if err = c.gate.Check(d, u.Address()); err == nil {
		return ""
	}
	what := "inputs"
	if d == guard.Output {
		what = "outputs"
	}
	return fmt.Sprintf("%s; %s may be %s", strings.TrimPrefix(err.Error(), "guard: "), what, c.gate.Allowed(d))
}
