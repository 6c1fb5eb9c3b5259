package server

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
	"github.com/lianmai/lianmai/template"
)

// checkTemplate checks a template, which comes as a message or else as text, and returns
// it with its pictures pinned. The error is a Faults, or the store's.
func (l *Library) checkTemplate(ctx context.Context, t *pb.LayoutTemplate, text []byte) (*pb.LayoutTemplate, layout.Template, []template.Warning, error) {
	pictures := l.resolver(ctx, store.Picture)
	built, warnings, err := layout.Template{}, []template.Warning(nil), error(nil)
	if t != nil {
		built, warnings, err = template.Build(t, pictures)
	} else {
		t, built, warnings, err = template.Load(text, pictures)
	}
	if pictures.err != nil {
		return nil, built, nil, pictures.err
	}
	faults, err := templateFaults(err)
	if err != nil {
		return nil, built, nil, err
	}
	if t == nil {
		// What can be read has more to tell.
		if t, err = template.Parse(text); err != nil {
			return nil, built, nil, faults
		}
	}
	if faults = append(wholeFaults(t), faults...); len(faults) > 0 {
		return nil, built, nil, faults
	}
	return template.Pin(t, pictures), built, warnings, nil
}

// wholeFaults returns what the rules for each field do not find.
func wholeFaults(t *pb.LayoutTemplate) (faults Faults) {
	if _, err := layout.Builtin(t.GetName()); err == nil && t.GetName() != "" {
		faults = append(faults, Fault{Field: "name", Allowed: "must not be that of a built-in template"})
	}
	if n := len(template.PicturesOf(t)); n > maxPictures {
		faults = append(faults, Fault{Field: "overlays", Allowed: fmt.Sprintf("the template names %d pictures; at most %d", n, maxPictures)})
	}
	return faults
}

// templateFaults returns the faults that an error of package template lists, none for
// nil; another error comes back.
func templateFaults(err error) (faults Faults, other error) {
	if err == nil {
		return nil, nil
	}
	listed, ok := errors.AsType[template.Faults](err)
	if !ok {
		return nil, err
	}
	for _, f := range listed {
		faults = append(faults, Fault{Field: withoutURLs(f.Path), Allowed: withoutURLs(f.Allowed)})
	}
	return faults, nil
}

// anyURL finds URLs in texts that quote a little of what somebody wrote.
var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"]*`)

// withoutURLs returns text without URLs, which may hold secrets, wherever somebody put
// one by mistake.
func withoutURLs(text string) string { return anyURL.ReplaceAllString(text, "…") }
