package server

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/lianmai/lianmai/guard"
)

// openPaths are those of HTTP that everybody may ask for.
var openPaths = map[string]bool{"/healthz": true, "/readyz": true}

// guarded lets requests in that a caller with the scope read could make, and /healthz and
// /readyz. What is behind next may ask guard.FromContext for more.
func guarded(door *guard.Door, next http.Handler) http.Handler {
	if door == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := guard.Visitor{
			Authorization: r.Header.Get("Authorization"), Peer: addressOf(r.RemoteAddr),
			Need: guard.Read, What: r.Method + " " + r.URL.Path,
		}
		if openPaths[r.URL.Path] {
			v.Need = everybody
		}
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			v.Certificate = r.TLS.VerifiedChains[0][0]
		}
		who, err := door.Enter(v)
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(guard.NewContext(r.Context(), who)))
	})
}

// problem is the body of a refusal: RFC 9457, with the fields that those of the REST API
// have.
type problem struct {
	Type     string `json:"type"` // where this kind of problem is described
	Title    string `json:"title"`
	Status   int    `json:"status"` // of HTTP
	Detail   string `json:"detail"`
	Instance string `json:"instance"` // the path, without its query
	Code     string `json:"code"`     // of gRPC, such as UNAUTHENTICATED
}

// problems is where the kinds of problems are described, each under its code.
const problems = "https://github.com/lianmai/lianmai/blob/main/docs/rest.md#"

// problemOf returns what a Door says of a request for path.
func problemOf(err error, path string) problem {
	p := problem{Title: "Permission denied", Status: http.StatusForbidden, Code: "PERMISSION_DENIED", Detail: err.Error(), Instance: path}
	switch {
	case errors.Is(err, guard.ErrUnknown):
		p.Title, p.Status, p.Code = "Unauthenticated", http.StatusUnauthorized, "UNAUTHENTICATED"
	case errors.Is(err, guard.ErrRate):
		p.Title, p.Status, p.Code = "Resource exhausted", http.StatusTooManyRequests, "RESOURCE_EXHAUSTED"
	}
	p.Type = problems + strings.ToLower(p.Code)
	return p
}

// refuse answers a request with what a Door says.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err, r.URL.EscapedPath())
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lianmai"`)
	}
	if busy, ok := errors.AsType[guard.Busy](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(busy.Wait.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // who went away needs no answer
}
