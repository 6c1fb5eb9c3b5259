package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
	"github.com/lianmai/lianmai/template"
)

// maxPictures bounds the different pictures of one template.
const maxPictures = 32

// Library holds the templates and the pictures that mixes use. Safe for concurrent
// use.
type Library struct {
	store  shelf
	limits compose.PictureLimits

	// using is held shared while a spec's names are looked up and the spec is put to
	// use, and alone while something is deleted: nothing that was found is gone when
	// it is used.
	using sync.RWMutex

	mu        sync.Mutex // guards what follows
	templates map[string]layout.Template
	pictures  pictureCache
}

// NewLibrary returns a Library over an open store, which the caller closes
// afterwards; nil has the built-in templates alone. A zero limit takes its default.
func NewLibrary(s *store.Store, limits compose.PictureLimits) *Library {
	var kept shelf = noShelf{}
	if s != nil {
		kept = s
	}
	limits.Bytes = cmp.Or(limits.Bytes, compose.DefaultPictureBytes)
	return &Library{store: kept, limits: limits, templates: map[string]layout.Template{}}
}

// pinned returns "name@version".
func pinned(name string, version int) string { return name + "@" + strconv.Itoa(version) }

// unpinned splits "name" or "name@version"; version 0 is the newest. ok is false when
// it is neither.
func unpinned(ref string) (name string, version int, ok bool) {
	name, number, found := strings.Cut(ref, "@")
	if !found {
		return name, 0, true
	}
	version, err := strconv.Atoi(number)
	return name, version, err == nil && version > 0
}

// Template returns one version of a template, built-in (version 0) or uploaded, and
// the version that it has. Errors: ErrNoTemplate, ErrStore, or ctx's.
func (l *Library) Template(ctx context.Context, name string, version int) (layout.Template, error) {
	if built, err := layout.Builtin(name); err == nil {
		if version != 0 {
			return layout.Template{}, fmt.Errorf("%w: %q is built in and has no versions", ErrNoTemplate, name)
		}
		return built, nil
	}
	if version != 0 {
		l.mu.Lock()
		t, ok := l.templates[pinned(name, version)]
		l.mu.Unlock()
		if ok {
			return t, nil
		}
	}
	message, v, err := l.message(ctx, name, version)
	if err != nil {
		return layout.Template{}, err
	}
	// It was checked when it came; its pictures are pinned.
	t, _, err := template.Build(message, nil)
	if err != nil {
		return layout.Template{}, fmt.Errorf("%w: template %s: %w", ErrStore, pinned(name, v.Version), err)
	}
	t.Version = v.Version
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.templates) >= maxCachedTemplates {
		clear(l.templates)
	}
	l.templates[pinned(name, v.Version)] = t
	return t, nil
}

// maxCachedTemplates bounds the templates that are kept ready.
const maxCachedTemplates = 256

// message returns one version of an uploaded template as it is kept.
func (l *Library) message(ctx context.Context, name string, version int) (*pb.LayoutTemplate, store.Version, error) {
	data, v, err := l.store.Get(ctx, store.Template, name, version)
	if err != nil {
		return nil, v, storeError(err, ErrNoTemplate, name, version)
	}
	message := &pb.LayoutTemplate{}
	if err := proto.Unmarshal(data, message); err != nil {
		return nil, v, fmt.Errorf("%w: template %s: %w", ErrStore, pinned(name, v.Version), err)
	}
	return message, v, nil
}

// storeError maps an error of the store; missing says what was not found.
func storeError(err, missing error, name string, version int) error {
	switch {
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrName):
		if version != 0 {
			return fmt.Errorf("%w: %q has no version %d", missing, name, version)
		}
		return fmt.Errorf("%w: %q", missing, name)
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, store.ErrTooMany) || errors.Is(err, store.ErrFull) || errors.Is(err, store.ErrTooLarge):
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	default:
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
}

// Picture returns a picture's pixels; name is "name" or "name@version". It implements
// stage.Pictures.
func (l *Library) Picture(ref string) (*image.NRGBA, error) {
	name, version, ok := unpinned(ref)
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNoAsset, ref)
	}
	l.mu.Lock()
	img := l.pictures.get(ref)
	l.mu.Unlock()
	if img != nil && version != 0 {
		return img, nil
	}
	data, v, err := l.store.Get(context.Background(), store.Picture, name, version)
	if err != nil {
		return nil, storeError(err, ErrNoAsset, name, version)
	}
	// What was allowed when it came is shown, whatever is allowed now.
	img, _, err = compose.DecodePicture(data, compose.PictureLimits{Bytes: len(data), Side: maxKeptSide})
	if err != nil {
		return nil, fmt.Errorf("%w: picture %s: %w", ErrStore, pinned(name, v.Version), err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pictures.put(pinned(name, v.Version), img)
	return img, nil
}

// maxKeptSide bounds the sides of pictures that are kept, whatever the limits were.
const maxKeptSide = 8192

// resolver looks up pictures for a template. It implements template.Pictures.
type resolver struct {
	l   *Library
	ctx context.Context
	err error // of the store, not of the name
}

// Resolve returns the pinned name of a picture.
func (r *resolver) Resolve(ref string) (string, bool) {
	name, version, ok := unpinned(ref)
	if !ok {
		return "", false
	}
	v, err := r.l.store.Stat(r.ctx, store.Picture, name, version)
	if err != nil {
		if mapped := storeError(err, ErrNoAsset, name, version); !errors.Is(mapped, ErrNoAsset) {
			r.err = cmp.Or(r.err, mapped)
		}
		return "", false
	}
	return pinned(name, v.Version), true
}

// pictureCache keeps the pixels of pictures that were used last. The zero value is
// empty.
type pictureCache struct {
	refs   []string // the oldest use first
	images map[string]*image.NRGBA
	bytes  int
}

// maxCachedBytes bounds a pictureCache; one picture of 4096×4096 has 64 MiB.
const maxCachedBytes = 128 << 20

func (c *pictureCache) get(ref string) *image.NRGBA {
	img := c.images[ref]
	if img != nil {
		c.forget(ref)
		c.refs = append(c.refs, ref)
	}
	return img
}

func (c *pictureCache) put(ref string, img *image.NRGBA) {
	if c.images[ref] != nil || len(img.Pix) > maxCachedBytes {
		return
	}
	for c.bytes+len(img.Pix) > maxCachedBytes {
		oldest := c.refs[0]
		c.bytes -= len(c.images[oldest].Pix)
		delete(c.images, oldest)
		c.forget(oldest)
	}
	if c.images == nil {
		c.images = map[string]*image.NRGBA{}
	}
	c.images[ref] = img
	c.refs = append(c.refs, ref)
	c.bytes += len(img.Pix)
}

// forget takes ref out of the order of uses.
func (c *pictureCache) forget(ref string) {
	for i, other := range c.refs {
		if other == ref {
			c.refs = append(c.refs[:i], c.refs[i+1:]...)
			return
		}
	}
}

// templateNote is what the store's index tells of a template.
type templateNote struct {
	Description  string   `json:"description,omitempty"`
	Participants int      `json:"participants"`
	Pictures     []string `json:"pictures,omitempty"`
}

// pictureNote is what the store's index tells of a picture.
type pictureNote struct {
	Format string `json:"format"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Alpha  bool   `json:"alpha,omitempty"`
}

// note writes a note for the store's index.
func note(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return text
}

// readNote reads a note; what cannot be read is empty.
func readNote[T any](v store.Version) (n T) {
	_ = json.Unmarshal(v.Note, &n)
	return n
}
