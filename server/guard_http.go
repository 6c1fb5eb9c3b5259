package server

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

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
			refuse(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(guard.NewContext(r.Context(), who)))
	})
}

// refuse answers with what a Door says as problem details (RFC 9457).
func refuse(w http.ResponseWriter, err error) {
	code := http.StatusForbidden
	switch {
	case errors.Is(err, guard.ErrUnknown):
		code = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Bearer realm="lianmai"`)
	case errors.Is(err, guard.ErrRate):
		code = http.StatusTooManyRequests
	}
	if busy, ok := errors.AsType[guard.Busy](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(busy.Wait.Seconds()))))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{ // who went away needs no answer
		"type": "about:blank", "title": http.StatusText(code), "status": code, "detail": err.Error(),
	})
}
