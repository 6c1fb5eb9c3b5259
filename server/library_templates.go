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

// UploadTemplate checks a template, which comes as a message or else as text, and
// keeps it as the newest version of its name, unless the newest is the same. With keep
// false it only checks. Errors: Faults (paths begin at the template), ErrNoRoom,
// ErrStore, or ctx's.
func (l *Library) UploadTemplate(ctx context.Context, t *pb.LayoutTemplate, text []byte, keep bool) (*pb.TemplateInfo, []template.Warning, error) {
	if keep {
		if err := l.beginUpload(ctx); err != nil {
			return nil, nil, err
		}
		defer l.endUpload()
	}
	l.using.RLock()
	defer l.using.RUnlock()
	t, built, warnings, err := l.checkTemplate(ctx, t, text)
	if err != nil {
		return nil, nil, err
	}
	if !keep {
		return &pb.TemplateInfo{Name: t.Name, Description: t.Description, MaxParticipants: int32(built.Participants)}, warnings, nil
	}
	v, err := l.keepTemplate(ctx, t, built.Participants)
	if err != nil {
		return nil, nil, err
	}
	return templateInfo(v), warnings, nil
}

// beginUpload waits for the turn to keep something, or for ctx.
func (l *Library) beginUpload(ctx context.Context) error {
	select {
	case l.uploading <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endUpload gives the turn back.
func (l *Library) endUpload() { <-l.uploading }

// keepTemplate keeps a template that is checked and pinned, unless it is the newest of
// its name already. The caller holds using and the turn to upload.
func (l *Library) keepTemplate(ctx context.Context, t *pb.LayoutTemplate, participants int) (store.Version, error) {
	newest, v, err := l.message(ctx, t.Name, 0)
	if err == nil && proto.Equal(newest, t) {
		return v, nil
	}
	if err != nil && !errors.Is(err, ErrNoTemplate) {
		return v, err
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(t)
	if err != nil {
		return v, fmt.Errorf("%w: writing template %q: %w", ErrStore, t.Name, err)
	}
	v, err = l.store.Put(ctx, store.Template, t.Name, data, note(templateNote{
		Description: t.Description, Participants: participants, Pictures: template.PicturesOf(t),
	}))
	l.uploads.Add(1) // also after an error: it may be there all the same
	if err != nil {
		return v, storeError(err, ErrNoTemplate, t.Name, 0)
	}
	return v, nil
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
	used, err := mixes.usesAnywhere(ctx)
	if err != nil {
		return err
	}
	in := inUse{what: fmt.Sprintf("template %q", name)}
	for _, v := range versions {
		in.mixes = append(in.mixes, used.templates[pinned(name, v.Version)]...)
	}
	if len(in.mixes) > 0 {
		in.mixes = sorted(in.mixes)
		return in
	}
	if err := l.store.Delete(ctx, store.Template, name, version); err != nil {
		return storeError(err, ErrNoTemplate, name, version)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deletions++
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
