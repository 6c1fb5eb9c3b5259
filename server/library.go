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
	"sync/atomic"

	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
	"github.com/lianmai/lianmai/template"
)

// maxPictures bounds the different pictures of one template.
const maxPictures = 32

// LibraryConfig says what a Library takes and where it works. A zero limit takes its
// default.
type LibraryConfig struct {
	Pictures compose.PictureLimits
	Sounds   decode.SoundLimits
	// Dir is a folder for files of sounds, the Library's alone: it removes what it finds
	// there. Without one no sound is taken or given.
	Dir string
}

// Library holds the templates, the pictures and the sounds that mixes use. Safe for
// concurrent use.
type Library struct {
	store  shelf
	limits LibraryConfig
	sounds soundFiles
	// checkSound is decode.CheckSound, or does the same elsewhere.
	checkSound func(context.Context, string, decode.SoundLimits) (decode.SoundInfo, error)

	// using is held shared from when names are looked up until it can be seen who uses
	// them (a mix's spec, a template that is kept), and alone while something is
	// deleted: nothing that was found is gone when it is used. No engine is called and
	// no picture decoded meanwhile.
	using sync.RWMutex
	// uploading holds a token while something is compared with the newest version of its
	// name and then kept. It is taken before using.
	uploading chan struct{}
	// uploads counts the templates that were kept, and those that perhaps were.
	uploads atomic.Int64

	mu        sync.Mutex // guards what follows
	templates map[string]layout.Template
	deletions int // of templates
	pictures  pictureCache
}

// NewLibrary returns a Library over an open store, which the caller closes
// afterwards; nil has the built-in templates alone.
func NewLibrary(s *store.Store, cfg LibraryConfig) *Library {
	var kept shelf = noShelf{}
	if s != nil {
		kept = s
	}
	cfg.Pictures.Bytes = cmp.Or(cfg.Pictures.Bytes, compose.DefaultPictureBytes)
	cfg.Sounds.Bytes = cmp.Or(cfg.Sounds.Bytes, decode.MaxSoundBytes)
	cfg.Sounds.Duration = cmp.Or(cfg.Sounds.Duration, decode.MaxSoundDuration)
	return &Library{
		store: kept, limits: cfg, sounds: soundFiles{dir: cfg.Dir}, checkSound: decode.CheckSound, uploading: make(chan struct{}, 1), templates: map[string]layout.Template{},
	}
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
	return name, version, err == nil && version > 0 && strconv.Itoa(version) == number
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
	l.mu.Lock()
	t, ok := l.templates[pinned(name, version)]
	deletions := l.deletions
	l.mu.Unlock()
	if ok {
		return t, nil
	}
	message, v, err := l.message(ctx, name, version)
	if err != nil {
		return layout.Template{}, err
	}
	// It was checked when it came; its pictures are pinned.
	t, _, err = template.Build(message, nil)
	if err != nil {
		return layout.Template{}, fmt.Errorf("%w: template %s: %w", ErrStore, pinned(name, v.Version), err)
	}
	t.Version = v.Version
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.deletions != deletions {
		return t, nil // it may be gone by now
	}
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
	case errors.Is(err, store.ErrName):
		// Such a name may have any length, so it is not repeated.
		return fmt.Errorf("%w: names are 1–%d letters, digits, '_', '.' or '-'", missing, store.MaxNameLength)
	case errors.Is(err, store.ErrNotFound):
		if version != 0 {
			return fmt.Errorf("%w: %q has no version %d", missing, name, version)
		}
		return fmt.Errorf("%w: %q", missing, name)
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, store.ErrTooMany) || errors.Is(err, store.ErrTooLarge):
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	case errors.Is(err, store.ErrFull):
		return storeFailure{is: ErrNoRoom, cause: err}
	case errors.Is(err, ErrStore):
		return err
	default:
		return storeFailure{is: ErrStore, cause: err}
	}
}

// storeFailure is an ErrStore or an ErrNoRoom. Its cause is for the log alone: it may
// name files of this machine.
type storeFailure struct {
	is, cause error
	why       string // for the caller of the API; "" for what is only in the log
}

// Error returns what the caller of the API may know.
func (f storeFailure) Error() string {
	if f.why != "" {
		return f.is.Error() + ": " + f.why + "; the log of the service says more"
	}
	return f.is.Error() + "; the log of the service says why"
}

// Is reports that target is what f is.
func (f storeFailure) Is(target error) bool { return target == f.is }

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

// resolver looks up the names of a kind for a template or a spec. It implements
// template.Pictures.
type resolver struct {
	l     *Library
	ctx   context.Context
	kind  store.Kind
	found map[string]string // pinned names by names; "" for none
	err   error             // of the store, not of the name
}

// resolver returns a resolver for one request.
func (l *Library) resolver(ctx context.Context, kind store.Kind) *resolver {
	return &resolver{l: l, ctx: ctx, kind: kind, found: map[string]string{}}
}

// Resolve returns the pinned name of a picture or a sound: always the same one, whatever is
// uploaded meanwhile.
func (r *resolver) Resolve(ref string) (string, bool) {
	full, known := r.found[ref]
	if !known {
		full = r.look(ref)
		r.found[ref] = full
	}
	return full, full != ""
}

// look asks the store.
func (r *resolver) look(ref string) string {
	name, version, ok := unpinned(ref)
	if !ok {
		return ""
	}
	v, err := r.l.store.Stat(r.ctx, r.kind, name, version)
	if err != nil {
		if mapped := storeError(err, ErrNoAsset, name, version); !errors.Is(mapped, ErrNoAsset) {
			r.err = cmp.Or(r.err, mapped)
		}
		return ""
	}
	return pinned(name, v.Version)
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
