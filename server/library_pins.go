package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// A spec names templates and pictures; pins say which versions. A mix that runs has
// pins for all of them and keeps them until a call names them anew.

// pin fills in, in place, the versions that spec leaves open, and returns what
// cannot be found or used. Paths begin at the spec. What was found stays only while
// the caller holds using.
func (l *Library) pin(ctx context.Context, spec *pb.MixSpec) (Faults, error) {
	var faults Faults
	t, err := l.Template(ctx, spec.GetLayout().GetTemplate(), int(spec.GetLayout().GetTemplateVersion()))
	switch {
	case errors.Is(err, ErrNoTemplate):
		field, allowed := "layout.template", "must be an uploaded template or one of "+strings.Join(layout.BuiltinNames(), ", ")
		if spec.Layout.TemplateVersion != 0 {
			field, allowed = "layout.template_version", "must be a version that the template has, or 0 for the newest; a built-in one has none"
		}
		faults = append(faults, Fault{Field: field, Allowed: allowed})
	case err != nil:
		return nil, err
	case len(spec.Participants) > maxParticipants:
		// Too many for any template: a fault that the protos' rules find.
	case len(spec.Participants) > t.Participants:
		faults = append(faults, Fault{Field: "layout.template", Allowed: fmt.Sprintf(
			"has places for %d participants; the mix has %d", t.Participants, len(spec.Participants))})
	default:
		spec.Layout.TemplateVersion = int32(t.Version)
	}
	pictures := l.resolver(ctx, store.Picture)
	for i, p := range spec.Participants {
		if p.GetPlaceholder() == "" {
			continue
		}
		ref, ok := pictures.Resolve(p.Placeholder)
		if !ok {
			faults = append(faults, Fault{Field: fmt.Sprintf("participants[%d].placeholder", i),
				Allowed: `must be an uploaded picture, "name" or "name@version"`})
			continue
		}
		p.Placeholder = ref
	}
	more, err := l.pinMusic(ctx, spec)
	return append(faults, more...), cmp.Or(pictures.err, err)
}

// pinMusic is pin for the music of spec.
func (l *Library) pinMusic(ctx context.Context, spec *pb.MixSpec) (faults Faults, err error) {
	sounds := l.resolver(ctx, store.Sound)
	for i, track := range spec.Music {
		source, ok := track.GetSource().(*pb.MusicTrack_Asset)
		if !ok {
			continue
		}
		ref, found := sounds.Resolve(source.Asset)
		if !found {
			faults = append(faults, Fault{Field: fmt.Sprintf("music[%d].asset", i), Allowed: soundRule})
			continue
		}
		source.Asset = ref
	}
	return faults, sounds.err
}

// keepPins gives next, in place, the pins of current where next names the same thing
// and leaves the version open; it returns next.
func keepPins(next, current *pb.MixSpec) *pb.MixSpec {
	n, c := next.Layout, current.Layout
	if n.Template == c.Template && n.TemplateVersion == 0 {
		n.TemplateVersion = c.TemplateVersion
	}
	for _, p := range next.Participants {
		i := slices.IndexFunc(current.Participants, func(o *pb.Participant) bool { return o.Name == p.Name })
		if i < 0 || p.Placeholder == "" {
			continue
		}
		if name, _, ok := unpinned(current.Participants[i].Placeholder); ok && name == p.Placeholder {
			p.Placeholder = current.Participants[i].Placeholder
		}
	}
	for _, track := range next.Music {
		source, ok := track.GetSource().(*pb.MusicTrack_Asset)
		if i := trackIn(current, track.GetName()); i >= 0 && ok {
			if name, _, ok := unpinned(current.Music[i].GetAsset()); ok && name == source.Asset {
				source.Asset = current.Music[i].GetAsset()
			}
		}
	}
	return next
}

// template returns the layout template of a spec that is pinned.
func (l *Library) template(ctx context.Context, spec *pb.MixSpec) (*layout.Template, error) {
	t, err := l.Template(ctx, spec.Layout.Template, int(spec.Layout.TemplateVersion))
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// users has the ids of mixes, sorted, by what they use: "name@version".
type users map[string][]string

// add notes a use; ids come in order.
func (u users) add(ref, id string) {
	if ids := u[ref]; len(ids) == 0 || ids[len(ids)-1] != id {
		u[ref] = append(ids, id)
	}
}

// inMixes says who uses what.
type inMixes struct{ templates, pictures, sounds users }

// uses says which templates, and which pictures and sounds of their own, the mixes use
// that run, or are about to.
func (r *Registry) uses() inMixes {
	used := inMixes{templates: users{}, pictures: users{}, sounds: users{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(r.mixes)) {
		for _, spec := range r.mixes[id].specs() {
			used.note(spec, id)
		}
	}
	return used
}

// note notes what a pinned spec uses.
func (u inMixes) note(spec *pb.MixSpec, id string) {
	u.templates.add(pinned(spec.Layout.Template, int(spec.Layout.TemplateVersion)), id)
	for _, p := range spec.Participants {
		if p.Placeholder != "" {
			u.pictures.add(p.Placeholder, id)
		}
	}
	for _, m := range spec.Music {
		if m.GetAsset() != "" {
			u.sounds.add(m.GetAsset(), id)
		}
	}
}

// usesAnywhere is uses with the mixes that run on other nodes, as their records have
// them. Errors: ErrStore, or ctx's.
func (r *Registry) usesAnywhere(ctx context.Context) (inMixes, error) {
	used := r.uses()
	if r.keeper == nil {
		return used, nil
	}
	records, err := r.keeper.records.MixesElsewhere(ctx)
	if err != nil {
		return used, keepError("", err)
	}
	for _, record := range records {
		var kept mixRecord
		err := json.Unmarshal(record.Data, &kept)
		if err == nil {
			var mix *pb.Mix
			if mix, _, err = kept.read(); err == nil {
				used.note(mix.Spec, record.ID)
			}
		}
		if err != nil {
			return used, storeFailure{is: ErrStore, cause: err, why: fmt.Sprintf("the record of mix %q cannot be read", record.ID)}
		}
	}
	return used, nil
}

// runs says whether a mix of spec's id runs that has this spec or was started with it.
func (r *Registry) runs(spec *pb.MixSpec) bool {
	m, err := r.find(spec.Id)
	if err != nil {
		return false
	}
	current := m.get()
	return current.State == pb.MixState_MIX_STATE_RUNNING && m.isFor(spec, current)
}

// inUse is an ErrInUse that names who uses what was to be deleted.
type inUse struct {
	what             string
	mixes, templates []string
}

// shownUsers bounds how many users the text of an inUse names.
const shownUsers = 5

// Error names the first users.
func (u inUse) Error() string {
	var who []string
	for _, group := range []struct {
		noun  string
		names []string
	}{{"mixes", u.mixes}, {"templates", u.templates}} {
		if n := len(group.names); n > 0 {
			text := strings.Join(group.names[:min(n, shownUsers)], ", ")
			if n > shownUsers {
				text += fmt.Sprintf(" and %d more", n-shownUsers)
			}
			who = append(who, group.noun+" "+text)
		}
	}
	return fmt.Sprintf("%s %s by %s", u.what, ErrInUse, cmp.Or(strings.Join(who, " and "), "somebody"))
}

// Is reports that target is ErrInUse.
func (u inUse) Is(target error) bool { return target == ErrInUse }
