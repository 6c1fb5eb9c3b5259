package template

import (
	"maps"
	"regexp"
	"slices"

	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Pictures knows the pictures that a template may name.
type Pictures interface {
	// Resolve returns the name with its version, "logo@2", for "logo" (the newest) or
	// "logo@2"; ok is false when there is none.
	Resolve(name string) (pinned string, ok bool)
}

// pictureName is how a picture may be called: "logo" or "logo@2".
var pictureName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}(@[1-9][0-9]{0,8})?$`)

// Pin returns a copy of t in which every picture that known resolves is named with its
// version. It keeps the names that known does not resolve; Build tells of those.
func Pin(t *pb.LayoutTemplate, known Pictures) *pb.LayoutTemplate {
	t = proto.CloneOf(t)
	if known == nil {
		return t
	}
	for _, name := range pictureNames(t) {
		if pinned, ok := known.Resolve(*name); ok {
			*name = pinned
		}
	}
	return t
}

// PicturesOf returns the names of all pictures in t, as they are written, sorted, each
// once.
func PicturesOf(t *pb.LayoutTemplate) []string {
	set := map[string]bool{}
	for _, name := range pictureNames(t) {
		set[*name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// pictureNames returns where in t pictures are named.
func pictureNames(t *pb.LayoutTemplate) []*string {
	var list []*string
	named := func(name *string) {
		if *name != "" {
			list = append(list, name)
		}
	}
	if c := t.GetCanvas(); c != nil {
		named(&c.Image)
	}
	if d := t.GetDefaults(); d != nil {
		named(&d.Placeholder)
	}
	for _, l := range slices.Concat(t.GetLayouts(), t.GetLandscapeLayouts()) {
		for _, s := range l.GetSlots() {
			if s != nil {
				named(&s.Placeholder)
			}
		}
	}
	for _, o := range t.GetOverlays() {
		if image := o.GetImage(); image != nil {
			named(&image.Name)
		}
	}
	return list
}
