package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
	"github.com/lianmai/lianmai/template"
)

// checkTemplate checks a template and returns it with its pictures pinned. The error
// is a Faults, or the store's.
func (l *Library) checkTemplate(ctx context.Context, t *pb.LayoutTemplate) (*pb.LayoutTemplate, layout.Template, []template.Warning, error) {
	pictures := &resolver{l: l, ctx: ctx}
	built, warnings, err := template.Build(t, pictures)
	if pictures.err != nil {
		return nil, built, nil, pictures.err
	}
	var faults Faults
	if err != nil {
		if faults, err = templateFaults(err); err != nil {
			return nil, built, nil, err
		}
	}
	if _, err := layout.Builtin(t.GetName()); err == nil && t.GetName() != "" {
		faults = append(faults, Fault{Field: "name", Allowed: "must not be that of a built-in template"})
	}
	if n := len(template.PicturesOf(t)); n > maxPictures {
		faults = append(faults, Fault{Field: "overlays", Allowed: fmt.Sprintf("the template names %d pictures; at most %d", n, maxPictures)})
	}
	if len(faults) > 0 {
		return nil, built, nil, faults
	}
	return template.Pin(t, pictures), built, warnings, nil
}

// templateFaults returns the faults that an error of package template lists; another
// error comes back.
func templateFaults(err error) (Faults, error) {
	listed, ok := errors.AsType[template.Faults](err)
	if !ok {
		return nil, err
	}
	var faults Faults
	for _, f := range listed {
		faults = append(faults, Fault{Field: f.Path, Allowed: f.Allowed})
	}
	return faults, nil
}

// UploadTemplate checks a template and keeps it as the newest version of its name,
// unless the newest is the same. With keep false it only checks. Errors: Faults,
// ErrNoRoom, ErrStore, or ctx's.
func (l *Library) UploadTemplate(ctx context.Context, t *pb.LayoutTemplate, keep bool) (*pb.TemplateInfo, []template.Warning, error) {
	l.using.RLock()
	defer l.using.RUnlock()
	pinnedTemplate, built, warnings, err := l.checkTemplate(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	info := &pb.TemplateInfo{Name: t.Name, Description: t.Description, MaxParticipants: int32(built.Participants)}
	if !keep {
		return info, warnings, nil
	}
	newest, v, err := l.message(ctx, t.Name, 0)
	if err == nil && proto.Equal(newest, pinnedTemplate) {
		return templateInfo(v), warnings, nil
	}
	if err != nil && !errors.Is(err, ErrNoTemplate) {
		return nil, nil, err
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(pinnedTemplate)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: writing template %q: %w", ErrStore, t.Name, err)
	}
	v, err = l.store.Put(ctx, store.Template, t.Name, data, note(templateNote{
		Description: t.Description, Participants: built.Participants, Pictures: template.PicturesOf(pinnedTemplate),
	}))
	if err != nil {
		return nil, nil, storeError(err, ErrNoTemplate, t.Name, 0)
	}
	return templateInfo(v), warnings, nil
}

// templateInfo describes a version of an uploaded template.
func templateInfo(v store.Version) *pb.TemplateInfo {
	n := readNote[templateNote](v)
	return &pb.TemplateInfo{
		Name: v.Name, Version: int32(v.Version), Description: n.Description,
		MaxParticipants: int32(n.Participants), CreateTime: timestamppb.New(v.Created),
	}
}

// builtinInfo describes a built-in template.
func builtinInfo(t layout.Template) *pb.TemplateInfo {
	return &pb.TemplateInfo{Name: t.Name, Description: t.Description, Builtin: true, MaxParticipants: int32(t.Participants)}
}

// maxVersions is how many versions GetTemplate lists.
const maxVersions = 100

// GetTemplate returns one version of a template, with all versions of its name.
func (l *Library) GetTemplate(ctx context.Context, name string, version int) (*pb.GetTemplateResponse, error) {
	if _, err := layout.Builtin(name); err == nil {
		built, err := l.Template(ctx, name, version)
		if err != nil {
			return nil, err
		}
		info := builtinInfo(built)
		return &pb.GetTemplateResponse{Info: info, Template: template.FromLayout(built), Versions: []*pb.TemplateInfo{info}}, nil
	}
	message, v, err := l.message(ctx, name, version)
	if err != nil {
		return nil, err
	}
	all, err := l.store.List(ctx, store.Template, name)
	if err != nil {
		return nil, storeError(err, ErrNoTemplate, name, 0)
	}
	resp := &pb.GetTemplateResponse{Info: templateInfo(v), Template: message}
	slices.SortFunc(all, func(a, b store.Version) int { return cmp.Compare(b.Version, a.Version) })
	for _, v := range all[:min(len(all), maxVersions)] {
		resp.Versions = append(resp.Versions, templateInfo(v))
	}
	return resp, nil
}

// ListTemplates returns at most size templates whose names come after `after`, by
// name, and whether there are more.
func (l *Library) ListTemplates(ctx context.Context, size int, after string) (infos []*pb.TemplateInfo, more bool, err error) {
	kept, err := l.store.List(ctx, store.Template, "")
	if err != nil {
		return nil, false, storeError(err, ErrNoTemplate, "", 0)
	}
	for _, v := range kept {
		infos = append(infos, templateInfo(v))
	}
	for _, name := range layout.BuiltinNames() {
		built, err := layout.Builtin(name)
		if err != nil {
			return nil, false, err
		}
		infos = append(infos, builtinInfo(built))
	}
	infos, more = page(infos, (*pb.TemplateInfo).GetName, size, after)
	return infos, more, nil
}

// page sorts by name and returns at most size items whose names come after `after`,
// and whether there are more.
func page[T any](items []T, name func(T) string, size int, after string) (part []T, more bool) {
	items = slices.DeleteFunc(items, func(item T) bool { return name(item) <= after })
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	if len(items) > size {
		return items[:size], true
	}
	return items, false
}

// DeleteTemplate deletes one version of an uploaded template, or with version 0 all
// of them, unless mixes use it. Errors: ErrBuiltin, ErrNoTemplate, ErrInUse, ErrStore,
// or ctx's.
func (l *Library) DeleteTemplate(ctx context.Context, name string, version int, mixes *Registry) error {
	if _, err := layout.Builtin(name); err == nil {
		return fmt.Errorf("%w: %q", ErrBuiltin, name)
	}
	l.using.Lock()
	defer l.using.Unlock()
	versions, err := l.versions(ctx, store.Template, name, version, ErrNoTemplate)
	if err != nil {
		return err
	}
	used, _ := mixes.uses()
	var users []string
	for _, v := range versions {
		users = append(users, used[pinned(name, v.Version)]...)
	}
	if len(users) > 0 {
		slices.Sort(users)
		return inUse{what: fmt.Sprintf("template %q", name), mixes: users}
	}
	if err := l.store.Delete(ctx, store.Template, name, version); err != nil {
		return storeError(err, ErrNoTemplate, name, version)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range versions {
		delete(l.templates, pinned(name, v.Version))
	}
	return nil
}

// versions returns one version of a name, or with version 0 all of them; missing is
// the error where there is none.
func (l *Library) versions(ctx context.Context, kind store.Kind, name string, version int, missing error) ([]store.Version, error) {
	if version != 0 {
		v, err := l.store.Stat(ctx, kind, name, version)
		if err != nil {
			return nil, storeError(err, missing, name, version)
		}
		return []store.Version{v}, nil
	}
	all, err := l.store.List(ctx, kind, name)
	if err == nil && len(all) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, storeError(err, missing, name, 0)
	}
	return all, nil
}
