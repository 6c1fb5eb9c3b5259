package metrics

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// A state is one value of an enum with its label: SOURCE_STATE_AUDIO_ONLY is
// audio_only.
type state struct {
	number protoreflect.EnumNumber
	label  string
}

// The states that have series, without the unspecified ones.
var (
	mixStates    = statesOf(pb.MixState(0))
	sourceStates = statesOf(pb.SourceState(0))
	outputStates = statesOf(pb.OutputState(0))
)

// statesOf returns the states of an enum, all but its 0.
func statesOf(e protoreflect.Enum) []state {
	values := e.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	var states []state
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			states = append(states, state{v.Number(), strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix))})
		}
	}
	return states
}
