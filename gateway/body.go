package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"google.golang.org/grpc/codes"
)

// read reads a request's body of at most MaxBody, or answers what is wrong with it.
func (g *gateway) read(w http.ResponseWriter, r *http.Request) (data []byte, ok bool) {
	if r.ContentLength < 0 || r.ContentLength > smallBody {
		free, ok := take(w, r, g.loading)
		if !ok {
			return nil, false
		}
		defer free()
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		unreadable(w, r, err)
		return nil, false
	}
	return data, true
}

// readJSON reads a request's body, which is one JSON value or nothing, or answers what is
// wrong with it.
func (g *gateway) readJSON(w http.ResponseWriter, r *http.Request) (body io.ReadCloser, ok bool) {
	data, ok := g.read(w, r)
	if !ok {
		return nil, false
	}
	if len(data) == 0 {
		return http.NoBody, true
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		kind != "application/json" && !(strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")) {
		w.Header().Set("Accept", "application/json")
		refuse(w, r, http.StatusUnsupportedMediaType, codes.InvalidArgument, "the body must be JSON, with Content-Type: application/json")
		return nil, false
	}
	var value json.RawMessage
	if err := json.Unmarshal(data, &value); err != nil {
		detail := "the body is not JSON: " + err.Error()
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			detail += fmt.Sprintf(" at byte %d", syntax.Offset)
		}
		refuse(w, r, http.StatusBadRequest, codes.InvalidArgument, detail)
		return nil, false
	}
	return io.NopCloser(bytes.NewReader(data)), true
}

// unreadable answers a request whose body could not be read.
func unreadable(w http.ResponseWriter, r *http.Request, err error) {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		refuse(w, r, http.StatusRequestEntityTooLarge, codes.InvalidArgument, fmt.Sprintf("the body may have %d bytes", large.Limit))
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		refuse(w, r, http.StatusRequestTimeout, codes.DeadlineExceeded, "the body did not come in time")
		return
	}
	refuse(w, r, http.StatusBadRequest, codes.InvalidArgument, "the body ended early")
}
