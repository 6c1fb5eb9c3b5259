package gateway

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// yamlTypes are the media types of a template as operators write it.
var yamlTypes = []string{"application/yaml", "application/x-yaml", "text/yaml"}

// uploadTemplate answers UploadTemplate: a message in JSON like every verb, or the text of
// a template as it is, with validate_only in the query.
func (g *gateway) uploadTemplate(w http.ResponseWriter, r *http.Request) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(yamlTypes, media) {
		g.call(w, r)
		return
	}
	req := &pb.UploadTemplateRequest{}
	if !fromQuery(w, r, req) {
		return
	}
	text, ok := g.read(w, r)
	if !ok {
		return
	}
	free, ok := take(w, r, g.calling)
	if !ok {
		return
	}
	defer free()
	unhurried(w)
	req.Source = &pb.UploadTemplateRequest_Text{Text: text}
	ctx, cancel := context.WithTimeout(forwarded(r), callTimeout)
	defer cancel()
	resp, err := g.templates.UploadTemplate(ctx, req)
	if err != nil {
		failed(w, r, err)
		return
	}
	succeeded(w, resp)
}

// unhurried gives a call the time that it may take. The server's own deadlines are those
// of reading a request.
func unhurried(w http.ResponseWriter) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Time{})
	_ = conn.SetWriteDeadline(time.Now().Add(callTimeout + writeTimeout))
}
