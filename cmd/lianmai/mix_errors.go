package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// flagNames returns what on the command line a field of the request came from, or
// nothing when it cannot tell.
type flagNames func(field string) string

// namesOf is flagNames by a table.
func namesOf(names map[string]string) flagNames {
	return func(field string) string { return names[field] }
}

// refusal is the service's error for a call.
type refusal struct {
	server    string
	tokenFrom string // the flag or variable with the token that was sent; empty for none
	certified bool   // by a client certificate
	status    *status.Status
	flagOf    flagNames
}

// explain makes a refusal of the error of a call.
func (c *client) explain(err error, flagOf flagNames) error {
	return &refusal{
		server: c.server, tokenFrom: c.tokenFrom(), certified: c.cert != "",
		status: status.Convert(err), flagOf: flagOf,
	}
}

// Error returns it in one line.
func (r *refusal) Error() string { return r.status.Code().String() + ": " + r.status.Message() }

// exitCode returns 2 where the caller asked wrongly.
func (r *refusal) exitCode() int {
	if r.status.Code() == codes.InvalidArgument {
		return exitUsage
	}
	return exitFailed
}

// print writes it for people, with one line for each field that breaks a rule.
func (r *refusal) print(w io.Writer) {
	switch r.status.Code() {
	case codes.Unavailable:
		fmt.Fprintf(w, "lianmai: cannot reach the service at %s (%s); %s\n", r.server, r.status.Message(), whyUnreached(r.status.Message()))
		return
	case codes.Unauthenticated:
		fmt.Fprintf(w, "lianmai: %s\n", r.unknown())
		return
	case codes.DeadlineExceeded:
		fmt.Fprintf(w, "lianmai: no answer from %s in time (%s); --timeout gives it more\n", r.server, r.status.Message())
		return
	}
	if users := r.users(); len(users) > 0 {
		fmt.Fprintln(w, "lianmai: it is in use by")
		for _, user := range users {
			fmt.Fprintf(w, "  %s\n", user)
		}
		return
	}
	faults := r.faults()
	if len(faults) == 0 {
		fmt.Fprintf(w, "lianmai: %s\n", r.status.Message())
		return
	}
	fmt.Fprintln(w, "lianmai: the request breaks the rules:")
	for _, fault := range faults {
		fmt.Fprintf(w, "  %s\n", fault)
	}
}

// whyUnreached guesses from gRPC's message why no connection came about.
func whyUnreached(message string) string {
	for _, guess := range []struct{ sign, why string }{
		// A service with TLS hangs up on who speaks without; both are strangers' texts.
		{"server preface", "does it want TLS? --tls speaks it, --ca FILE if its certificate is from an authority of your own"},
		{"first record does not look like a TLS handshake", "does it speak without TLS? leave --tls, --ca and --cert out"},
		{"unknown authority", "--ca FILE has the authorities that its certificate may be from"},
		{"failed to verify certificate", "--server wants a name that is in its certificate, which must be in date"},
		{"certificate required", "it wants a client certificate: --cert FILE and --key FILE"},
	} {
		if strings.Contains(message, guess.sign) {
			return guess.why
		}
	}
	return "does `lianmai serve` run? --server says where it is"
}

// unknown says what somebody whom the service does not know can do.
func (r *refusal) unknown() string {
	switch {
	case r.tokenFrom != "":
		return fmt.Sprintf("%s (the one of %s)", r.status.Message(), r.tokenFrom)
	case r.certified:
		return r.status.Message() + "; --token-file FILE or " + tokenEnv + " gives a token instead"
	}
	return fmt.Sprintf("the service at %s wants to know who calls: give --token-file FILE or set %s; --cert FILE and --key FILE where it takes client certificates",
		r.server, tokenEnv)
}

// faults returns each field violation, with the flag that it came from as its path.
func (r *refusal) faults() []fault {
	var faults []fault
	for _, detail := range r.status.Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.GetFieldViolations() {
			name := v.GetField()
			if r.flagOf != nil {
				name = cmp.Or(r.flagOf(name), name)
			}
			faults = append(faults, fault{name, v.GetDescription()})
		}
	}
	return faults
}

// users returns who uses what was to be deleted, such as `mix room1`, sorted.
func (r *refusal) users() []string {
	var users []string
	for _, detail := range r.status.Details() {
		failure, ok := detail.(*errdetails.PreconditionFailure)
		if !ok {
			continue
		}
		for _, v := range failure.GetViolations() {
			if v.GetType() == "IN_USE" {
				users = append(users, printable(strings.Replace(v.GetSubject(), "/", " ", 1)))
			}
		}
	}
	slices.Sort(users)
	return users
}

// unanswered says that the service could not be asked, or said nothing.
func (r *refusal) unanswered() bool {
	return slices.Contains([]codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Canceled}, r.status.Code())
}

// elementOf splits `list[2].rest` for this list; ok says that field is of it.
func elementOf(field, list string) (index int, rest string, ok bool) {
	tail, found := strings.CutPrefix(field, list+"[")
	if !found {
		return 0, "", false
	}
	number, rest, found := strings.Cut(tail, "]")
	if !found {
		return 0, "", false
	}
	if _, err := fmt.Sscanf(number, "%d", &index); err != nil {
		return 0, "", false
	}
	return index, strings.TrimPrefix(rest, "."), true
}
