package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

func TestRefusalsOverHTTPHaveCodes(t *testing.T) {
	for _, c := range []struct {
		err          error
		status       int
		code, header string
		value        string
	}{
		{fmt.Errorf("%w: nobody knows this token", guard.ErrUnknown), 401, "UNAUTHENTICATED", "WWW-Authenticate", `Bearer realm="lianmai"`},
		{fmt.Errorf("%w: it needs the scope mix", guard.ErrScope), 403, "PERMISSION_DENIED", "Retry-After", ""},
		{guard.Busy{What: "more than 5 a second", Wait: 1200 * time.Millisecond}, 429, "RESOURCE_EXHAUSTED", "Retry-After", "2"},
	} {
		w := httptest.NewRecorder()
		refuse(w, httptest.NewRequest(http.MethodGet, "/v1/mixes?token=hush", nil), c.err)
		var got problem
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", w.Body, err)
		}
		want := problem{
			Type: problems + strings.ToLower(c.code), Title: got.Title, Status: c.status,
			Detail: c.err.Error(), Instance: "/v1/mixes", Code: c.code,
		}
		if got != want || !strings.EqualFold(strings.ReplaceAll(got.Title, " ", "_"), c.code) || w.Code != c.status {
			t.Errorf("%d: %+v, want %+v", w.Code, got, want)
		}
		if value := w.Header().Get(c.header); value != c.value || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d: %s %q, headers %v", c.status, c.header, value, w.Header())
		}
	}
}

func TestTheLogSaysWhoCalled(t *testing.T) {
	b, tokens := guardedBench(t, 1000)
	token := tokens[guard.Scopes(guard.Template)]
	if _, err := b.ListMixes(as(t, token), &pb.ListMixesRequest{}); err != nil {
		t.Fatal(err)
	}
	log := b.log.String()
	if !strings.Contains(log, `"caller":"template"`) || strings.Contains(log, token) {
		t.Errorf("log:\n%s", log)
	}
}
