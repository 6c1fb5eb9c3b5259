package client

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fault is one field of a request that breaks a rule.
type Fault struct {
	// Field is the field's path in the request, such as `spec.outputs[0].url`.
	Field string
	// Description says what the field may be.
	Description string
}

// Faults returns everything that was wrong with the request of a call that failed with
// err, or nil when err is about something else.
func Faults(err error) []Fault {
	var faults []Fault
	for _, detail := range status.Convert(err).Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.FieldViolations {
			faults = append(faults, Fault{Field: v.GetField(), Description: v.GetDescription()})
		}
	}
	return faults
}

// IsRevision says whether a call failed because the mix is at another revision than the
// one that was expected. Nothing has changed then: read the mix and decide anew.
func IsRevision(err error) bool { return status.Code(err) == codes.Aborted }
