package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/compose"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// UploadPicture checks a picture and keeps it as the newest version of its name,
// unless the newest is the same. Errors: Faults, ErrNoRoom, ErrStore, or ctx's.
func (l *Library) UploadPicture(ctx context.Context, name string, data []byte) (*pb.Asset, error) {
	_, info, err := compose.DecodePicture(data, l.limits.Pictures)
	if errors.Is(err, compose.ErrPicture) || errors.Is(err, compose.ErrPictureTooLarge) {
		return nil, Faults{{Field: "chunk", Allowed: strings.TrimPrefix(err.Error(), "compose: ")}}
	}
	if err != nil {
		return nil, err
	}
	if err := l.beginUpload(ctx); err != nil {
		return nil, err
	}
	defer l.endUpload()
	sum := sha256.Sum256(data)
	v, err := l.store.Stat(ctx, store.Picture, name, 0)
	if err == nil && v.Digest == hex.EncodeToString(sum[:]) {
		return assetOf(v), nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, storeError(err, ErrNoAsset, name, 0)
	}
	v, err = l.store.Put(ctx, store.Picture, name, data, note(pictureNote{
		Format: info.Format, Width: info.W, Height: info.H, Alpha: info.Alpha,
	}))
	if err != nil {
		return nil, storeError(err, ErrNoAsset, name, 0)
	}
	return assetOf(v), nil
}

// pictureFormats has the formats of pictures by their names in notes.
var pictureFormats = map[string]pb.AssetFormat{
	"png": pb.AssetFormat_ASSET_FORMAT_PNG, "jpeg": pb.AssetFormat_ASSET_FORMAT_JPEG,
}

// assetOf describes a version of a picture.
func assetOf(v store.Version) *pb.Asset {
	n := readNote[pictureNote](v)
	return &pb.Asset{
		Kind: pb.AssetKind_ASSET_KIND_PICTURE,
		Name: v.Name, Version: int32(v.Version), Format: pictureFormats[n.Format],
		Width: int32(n.Width), Height: int32(n.Height), Alpha: n.Alpha,
		Size: v.Size, Sha256: v.Digest, CreateTime: timestamppb.New(v.Created),
	}
}

// PictureBytes returns a picture as it was uploaded.
func (l *Library) PictureBytes(ctx context.Context, name string, version int) (*pb.Asset, []byte, error) {
	data, v, err := l.store.Get(ctx, store.Picture, name, version)
	if err != nil {
		return nil, nil, storeError(err, ErrNoAsset, name, version)
	}
	return assetOf(v), data, nil
}

// PictureFile returns a picture as it was uploaded; ref is "name" or "name@version".
// Errors: ErrNoAsset, ErrStore, or ctx's.
func (l *Library) PictureFile(ctx context.Context, ref string) ([]byte, error) {
	name, version, ok := unpinned(ref)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNoAsset, ref)
	}
	_, data, err := l.PictureBytes(ctx, name, version)
	return data, err
}

// ListPictures returns at most size pictures whose names come after `after`, by name,
// and whether there are more.
func (l *Library) ListPictures(ctx context.Context, size int, after string) (assets []*pb.Asset, more bool, err error) {
	kept, err := l.store.List(ctx, store.Picture, "")
	if err != nil {
		return nil, false, storeError(err, ErrNoAsset, "", 0)
	}
	for _, v := range kept {
		assets = append(assets, assetOf(v))
	}
	assets, more = page(assets, (*pb.Asset).GetName, size, after)
	return assets, more, nil
}

// DeletePicture deletes one version of a picture, or with version 0 all of them, unless
// a template or a mix uses it. Errors: ErrNoAsset, ErrInUse, ErrStore, or ctx's.
func (l *Library) DeletePicture(ctx context.Context, name string, version int, mixes *Registry) error {
	templates, err := l.lockUses(ctx)
	if err != nil {
		return err
	}
	defer l.using.Unlock()
	versions, err := l.versions(ctx, store.Picture, name, version, ErrNoAsset)
	if err != nil {
		return err
	}
	used, err := mixes.usesAnywhere(ctx)
	if err != nil {
		return err
	}
	in := inUse{what: fmt.Sprintf("picture %q", name)}
	for _, v := range versions {
		ref := pinned(name, v.Version)
		in.mixes = append(in.mixes, used.pictures[ref]...)
		for _, t := range templates[ref] {
			in.templates = append(in.templates, t)
			in.mixes = append(in.mixes, used.templates[t]...)
		}
	}
	if len(in.mixes)+len(in.templates) > 0 {
		in.mixes, in.templates = sorted(in.mixes), sorted(in.templates)
		return in
	}
	if err := l.store.Delete(ctx, store.Picture, name, version); err != nil {
		return storeError(err, ErrNoAsset, name, version)
	}
	return nil
}

// lockUses locks using and returns what picturesOfTemplates does. That takes a read of
// the store for each template, so it is done before the lock is taken, and anew when
// a template was kept meanwhile.
func (l *Library) lockUses(ctx context.Context) (map[string][]string, error) {
	for {
		uploads := l.uploads.Load()
		templates, err := l.picturesOfTemplates(ctx)
		if err != nil {
			return nil, err
		}
		l.using.Lock()
		if l.uploads.Load() == uploads {
			return templates, nil
		}
		l.using.Unlock()
	}
}

// sorted returns the words in order, each once.
func sorted(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// picturesOfTemplates returns, for each picture ("name@version"), the versions of
// templates that use it.
func (l *Library) picturesOfTemplates(ctx context.Context) (map[string][]string, error) {
	users := map[string][]string{}
	names, err := l.store.List(ctx, store.Template, "")
	if err != nil {
		return nil, storeError(err, ErrNoTemplate, "", 0)
	}
	for _, newest := range names {
		all, err := l.store.List(ctx, store.Template, newest.Name)
		if errors.Is(err, store.ErrNotFound) {
			continue // it has just been deleted
		}
		if err != nil {
			return nil, storeError(err, ErrNoTemplate, newest.Name, 0)
		}
		for _, v := range all {
			for _, ref := range readNote[templateNote](v).Pictures {
				users[ref] = append(users[ref], pinned(v.Name, v.Version))
			}
		}
	}
	return users, nil
}
