package gateway

import (
	"mime"
	"net/http"
	"strings"
)

// accepts says whether a request's Accept takes a media type. None takes all.
func accepts(r *http.Request, want string) bool {
	fields := r.Header.Values("Accept")
	if len(fields) == 0 {
		return true
	}
	top, _, _ := strings.Cut(want, "/")
	for item := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		media, params, err := mime.ParseMediaType(item)
		if err != nil || params["q"] == "0" {
			continue
		}
		if media == want || media == "*/*" || media == top+"/*" {
			return true
		}
	}
	return false
}
