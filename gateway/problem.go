package gateway

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// manual is where the kinds of problems are described, each under its code.
const manual = "https://github.com/lianmai/lianmai/blob/main/docs/rest.md#"

// blank is the type of a problem that HTTP's own status tells all of.
const blank = "about:blank"

// Problem is the body of an answer that is not a success: RFC 9457, with the fields of
// gRPC's errors beside its own.
type Problem struct {
	// Type is where this kind of problem is described, or about:blank.
	Type string `json:"type"`
	// Title names the kind of problem, for people.
	Title string `json:"title"`
	// Status is the HTTP status.
	Status int `json:"status"`
	// Detail says what went wrong this time, for people.
	Detail string `json:"detail,omitempty"`
	// Instance is the path that was asked for. It never has a query.
	Instance string `json:"instance,omitempty"`
	// Code is the gRPC code, such as INVALID_ARGUMENT.
	Code string `json:"code"`
	// Violations lists the fields that break a rule, all of them.
	Violations []Violation `json:"violations,omitempty"`
	// Preconditions lists what stands in the way.
	Preconditions []Precondition `json:"preconditions,omitempty"`
}

// Violation is one field that breaks a rule.
type Violation struct {
	// Field is the path in the message of the API, such as spec.outputs[0].url.
	Field string `json:"field"`
	// Description says what is allowed.
	Description string `json:"description"`
}

// Precondition is one thing that stands in the way.
type Precondition struct {
	// Type is FIXED or IN_USE.
	Type string `json:"type"`
	// Subject is a field, or what uses something, such as mix/room-7.
	Subject string `json:"subject"`
	// Description is for people.
	Description string `json:"description"`
}

// problemOf returns what the service's err says, and how long to wait before trying
// again: whole seconds, 0 when it did not say.
func problemOf(err error) (p Problem, retry int) {
	st := status.Convert(err)
	name := code.Code(st.Code()).String()
	p = Problem{
		Type:   manual + strings.ToLower(name),
		Title:  title(name),
		Status: runtime.HTTPStatusFromCode(st.Code()),
		// protojson writes its spaces so that nobody takes its text for stable.
		Detail: strings.ReplaceAll(st.Message(), "\u00a0", " "),
		Code:   name,
	}
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				p.Violations = append(p.Violations, Violation{v.Field, v.Description})
			}
		case *errdetails.PreconditionFailure:
			for _, v := range d.Violations {
				p.Preconditions = append(p.Preconditions, Precondition{v.Type, v.Subject, v.Description})
			}
		case *errdetails.RetryInfo:
			retry = int(math.Ceil(d.RetryDelay.AsDuration().Seconds()))
		}
	}
	return p, retry
}

// title returns a code's name as people write it: "Invalid argument".
func title(name string) string {
	words := strings.ToLower(strings.ReplaceAll(name, "_", " "))
	return strings.ToUpper(words[:1]) + words[1:]
}

// failed answers with what the service's err says.
func failed(w http.ResponseWriter, r *http.Request, err error) {
	p, retry := problemOf(err)
	if retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retry))
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer(w, r, p)
}

// refuse answers a request that never reaches the service.
func refuse(w http.ResponseWriter, r *http.Request, httpStatus int, c codes.Code, detail string) {
	answer(w, r, Problem{
		Type: blank, Title: http.StatusText(httpStatus), Status: httpStatus,
		Detail: detail, Code: code.Code(c).String(),
	})
}

func answer(w http.ResponseWriter, r *http.Request, p Problem) {
	p.Instance = r.URL.EscapedPath()
	w.Header().Set("Content-Type", ProblemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a reader that went away is no error
}
