package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/lianmai/lianmai/admission"
)

// The errors of this package. The text that is wrapped around them is made for the
// caller of the API.
var (
	// ErrInvalid: the request breaks a rule; see Faults.
	ErrInvalid = errors.New("invalid request")
	// ErrNotFound: no mix has this id, or it stopped so long ago that it is forgotten.
	ErrNotFound = errors.New("no such mix")
	// ErrNoParticipant: the mix has no participant of this name.
	ErrNoParticipant = errors.New("no such participant")
	// ErrNoTrack: the mix has no music track of this name.
	ErrNoTrack = errors.New("no such track")
	// ErrExists: a mix with this id runs with another spec.
	ErrExists = errors.New("the mix exists with another spec")
	// ErrRevision: the mix is not at the revision that the change was made for.
	ErrRevision = errors.New("the mix is at another revision")
	// ErrNotRunning: the mix is stopping or has stopped.
	ErrNotRunning = errors.New("the mix does not run")
	// ErrFixed: the change touches what cannot change while a mix runs.
	ErrFixed = errors.New("fixed while the mix runs")
	// ErrElsewhere: another node of the service runs a mix with this id.
	ErrElsewhere = errors.New("the mix runs on another node")
	// ErrTooManyMixes: the process runs as many mixes as it may.
	ErrTooManyMixes = errors.New("too many mixes")
	// ErrTooManyWatchers: the mix has as many watchers as it may.
	ErrTooManyWatchers = errors.New("too many watchers")
	// ErrClosed: the process is about to end.
	ErrClosed = errors.New("the service is shutting down")
	// ErrStopTimeout: the mix did not end in time.
	ErrStopTimeout = errors.New("the mix did not end in time")
	// ErrNoTemplate: no template has this name, or not this version.
	ErrNoTemplate = errors.New("no such template")
	// ErrNoAsset: no picture has this name, or not this version.
	ErrNoAsset = errors.New("no such picture")
	// ErrNoSound: no sound has this name, or not this version.
	ErrNoSound = errors.New("no such sound")
	// ErrInUse: what was to be deleted is in use.
	ErrInUse = errors.New("is in use")
	// ErrBuiltin: built-in templates can be neither replaced nor deleted.
	ErrBuiltin = errors.New("the template is built in")
	// ErrNoRoom: as much is kept as may be.
	ErrNoRoom = errors.New("no room")
	// ErrStore: what is kept cannot be read or written.
	ErrStore = errors.New("the store failed")
	// ErrEngine: the engine could not start or change the mix.
	ErrEngine = errors.New("the engine failed")
)

// errorCodes maps errors to gRPC codes; the first match counts. ErrRevision is
// ABORTED as AIP-154 has it for an etag that does not match: read, then try again.
var errorCodes = []struct {
	err  error
	code codes.Code
}{
	{ErrInvalid, codes.InvalidArgument},
	{ErrNotFound, codes.NotFound},
	{ErrNoParticipant, codes.NotFound},
	{ErrNoTrack, codes.NotFound},
	{ErrExists, codes.AlreadyExists},
	{ErrRevision, codes.Aborted},
	{ErrNotRunning, codes.FailedPrecondition},
	{ErrFixed, codes.FailedPrecondition},
	{ErrElsewhere, codes.FailedPrecondition},
	{ErrTooManyMixes, codes.ResourceExhausted},
	{admission.ErrNoCapacity, codes.ResourceExhausted},
	{ErrTooManyWatchers, codes.ResourceExhausted},
	{ErrClosed, codes.Unavailable},
	{ErrStopTimeout, codes.DeadlineExceeded},
	{ErrNoTemplate, codes.NotFound},
	{ErrNoAsset, codes.NotFound},
	{ErrNoSound, codes.NotFound},
	{ErrInUse, codes.FailedPrecondition},
	{ErrBuiltin, codes.FailedPrecondition},
	{ErrNoRoom, codes.ResourceExhausted},
	{ErrStore, codes.Unavailable},
	{ErrEngine, codes.Internal},
	{context.Canceled, codes.Canceled},
	{context.DeadlineExceeded, codes.DeadlineExceeded},
}

// detailed is an error that has more to tell than its text.
type detailed interface {
	error
	details() protoadapt.MessageV1
}

// concealed is a status whose cause is for the log alone.
type concealed struct {
	public *status.Status
	cause  error
}

// Error returns what the caller of the API gets.
func (c concealed) Error() string { return c.public.Err().Error() }

// GRPCStatus returns what the caller of the API gets.
func (c concealed) GRPCStatus() *status.Status { return c.public }

// toStatus returns err as a gRPC status error; nil stays nil, and so does what is one
// already. An error that is not in the table is INTERNAL, and its text stays here.
func toStatus(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return err // the transport's
	}
	for _, row := range errorCodes {
		if !errors.Is(err, row.err) {
			continue
		}
		st := status.New(row.code, err.Error())
		if d, ok := errors.AsType[detailed](err); ok {
			if with, detailErr := st.WithDetails(d.details()); detailErr == nil {
				st = with
			}
		}
		if f, ok := errors.AsType[storeFailure](err); ok {
			return concealed{st, f.cause}
		}
		return st.Err()
	}
	return status.Error(codes.Internal, "internal error")
}

// Fault is one field that breaks a rule.
type Fault struct {
	// Field is the field's path in the request, such as `spec.outputs[0].url`.
	Field string
	// Allowed says what the field may be. It never repeats a URL.
	Allowed string
}

// Faults is an ErrInvalid that lists everything that is wrong with a request.
type Faults []Fault

// What the text of Faults has; the details have it all.
const (
	shownFaults = 3
	shownBytes  = 200 // of what each field may be
)

// Error returns the first faults.
func (f Faults) Error() string {
	text := ErrInvalid.Error()
	for i, fault := range f {
		if i == shownFaults {
			return fmt.Sprintf("%s; and %d more", text, len(f)-i)
		}
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		text += sep + fault.Field + ": " + clip(fault.Allowed, shownBytes)
	}
	return text
}

// under returns the faults with prefix before each path.
func (f Faults) under(prefix string) Faults {
	out := make(Faults, len(f))
	for i, fault := range f {
		out[i] = Fault{Field: prefix + fault.Field, Allowed: fault.Allowed}
	}
	return out
}

// about says whether one of the faults is about a field.
func (f Faults) about(field string) bool {
	return slices.ContainsFunc(f, func(fault Fault) bool { return fault.Field == field })
}

// Is reports that target is ErrInvalid.
func (f Faults) Is(target error) bool { return target == ErrInvalid }

// details returns the faults as a google.rpc.BadRequest.
func (f Faults) details() protoadapt.MessageV1 {
	bad := &errdetails.BadRequest{}
	for _, fault := range f {
		bad.FieldViolations = append(bad.FieldViolations,
			&errdetails.BadRequest_FieldViolation{Field: fault.Field, Description: fault.Allowed})
	}
	return bad
}

// fixedError is an ErrFixed that names the fields.
type fixedError []string

// Error names the fields.
func (f fixedError) Error() string {
	return fmt.Sprintf("%s: %v; stop the mix and start it anew", ErrFixed, []string(f))
}

// Is reports that target is ErrFixed.
func (f fixedError) Is(target error) bool { return target == ErrFixed }

// details returns the fields as a google.rpc.PreconditionFailure.
func (f fixedError) details() protoadapt.MessageV1 {
	failure := &errdetails.PreconditionFailure{}
	for _, field := range f {
		failure.Violations = append(failure.Violations, &errdetails.PreconditionFailure_Violation{
			Type: "FIXED", Subject: field, Description: ErrFixed.Error(),
		})
	}
	return failure
}

// details returns the users as a google.rpc.PreconditionFailure.
func (u inUse) details() protoadapt.MessageV1 {
	failure := &errdetails.PreconditionFailure{}
	list := func(kind string, names []string) {
		for _, name := range names[:min(len(names), toldUsers)] {
			failure.Violations = append(failure.Violations, &errdetails.PreconditionFailure_Violation{
				Type: "IN_USE", Subject: kind + "/" + name, Description: u.what + " is used by it",
			})
		}
	}
	list("mix", u.mixes)
	list("template", u.templates)
	return failure
}

// toldUsers bounds the users of each kind in the details of an inUse; see maxFaultBytes.
const toldUsers = 12
