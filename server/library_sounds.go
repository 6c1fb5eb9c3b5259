package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// soundNote is what the store's index tells of a sound.
type soundNote struct {
	Format     string `json:"format"`
	Frames     int64  `json:"frames"` // at media.SampleRate
	SampleRate int    `json:"rate"`   // hertz, of the file
	Channels   int    `json:"channels"`
	Title      string `json:"title,omitempty"`
}

// soundFormats has the formats of sounds by their names in notes.
var soundFormats = map[string]pb.AssetFormat{
	"mp3": pb.AssetFormat_ASSET_FORMAT_MP3, "aac": pb.AssetFormat_ASSET_FORMAT_AAC,
	"alac": pb.AssetFormat_ASSET_FORMAT_ALAC, "flac": pb.AssetFormat_ASSET_FORMAT_FLAC,
	"wav": pb.AssetFormat_ASSET_FORMAT_WAV, "vorbis": pb.AssetFormat_ASSET_FORMAT_VORBIS,
	"opus": pb.AssetFormat_ASSET_FORMAT_OPUS,
}

// soundAsset describes a version of a sound.
func soundAsset(v store.Version) *pb.Asset {
	n := readNote[soundNote](v)
	return &pb.Asset{
		Kind: pb.AssetKind_ASSET_KIND_SOUND,
		Name: v.Name, Version: int32(v.Version), Format: soundFormats[n.Format],
		Duration:   durationpb.New(media.SampleTime(n.Frames)),
		SampleRate: int32(n.SampleRate), Channels: int32(n.Channels), Title: n.Title,
		Size: v.Size, Sha256: v.Digest, CreateTime: timestamppb.New(v.Created),
	}
}

// CheckSoundsWith lets sounds be checked by check, which does what decode.CheckSound does,
// in a process that may die of it. It is called before the Library is used.
func (l *Library) CheckSoundsWith(check func(context.Context, string, decode.SoundLimits) (decode.SoundInfo, error)) {
	l.checkSound = check
}

// UploadSound checks a sound that is in a file, of size bytes with this SHA-256 in hex, and
// keeps it as the newest version of its name, unless the newest is the same. Errors:
// Faults, ErrNoRoom, ErrStore, or ctx's.
func (l *Library) UploadSound(ctx context.Context, name string, file *os.File, size int64, digest string) (*pb.Asset, error) {
	info, err := l.checkSound(ctx, file.Name(), l.limits.Sounds)
	if err != nil {
		return nil, soundFault(err, file)
	}
	if err := l.beginUpload(ctx); err != nil {
		return nil, err
	}
	defer l.endUpload()
	v, err := l.store.Stat(ctx, store.Sound, name, 0)
	if err == nil && v.Digest == digest {
		return soundAsset(v), nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, storeError(err, ErrNoSound, name, 0)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, storeFailure{is: ErrStore, cause: err}
	}
	v, err = l.store.PutFrom(ctx, store.Sound, name, file, size, note(soundNote{
		Format: info.Format, Frames: info.Frames, SampleRate: info.SampleRate, Channels: info.Channels, Title: info.Title,
	}))
	if err != nil {
		return nil, storeError(err, ErrNoSound, name, 0)
	}
	return soundAsset(v), nil
}

// soundFault returns what CheckSound says of a file in the words of the API, without the
// file's path.
func soundFault(err error, file *os.File) error {
	const formats = "must be MP3, AAC, M4A, FLAC, WAV or Ogg"
	var allowed string
	switch {
	case errors.Is(err, decode.ErrNotMedia):
		allowed = formats + "; this is none of them"
		if is := contentOf(file); strings.HasPrefix(is, "image/") {
			allowed = formats + "; this is a picture: " + is
		}
	case errors.Is(err, decode.ErrNoSound):
		allowed = "must have sound; this has no audio stream"
	case errors.Is(err, decode.ErrUnsupported):
		allowed = formats + "; this is coded otherwise"
	case errors.Is(err, decode.ErrBroken):
		allowed = "must be whole; " + strings.ReplaceAll(err.Error(), file.Name(), "this file")
	case errors.Is(err, decode.ErrSoundTooLarge), errors.Is(err, decode.ErrSoundTooLong):
		allowed = strings.ReplaceAll(err.Error(), file.Name(), "this file")
	default:
		if _, ok := errors.AsType[*fs.PathError](err); ok {
			return storeFailure{is: ErrStore, cause: err}
		}
		return err // ctx's
	}
	return Faults{{Field: "chunk", Allowed: allowed}}
}

// contentOf returns the media type that a file seems to have.
func contentOf(file *os.File) string {
	var head [512]byte
	n, _ := file.ReadAt(head[:], 0) // short, at the end of the file
	return http.DetectContentType(head[:n])
}

// OpenSound returns a sound as it was uploaded; the caller closes it. What was read counts
// only when io.EOF came. Errors, also of reading: those of store.Store.Open.
func (l *Library) OpenSound(ctx context.Context, name string, version int) (io.ReadCloser, *pb.Asset, error) {
	data, v, err := l.store.Open(ctx, store.Sound, name, version)
	if err != nil {
		return nil, nil, storeError(err, ErrNoSound, name, version)
	}
	return data, soundAsset(v), nil
}

// SoundFile returns the path of a file with a sound; ref is "name" or "name@version". The
// file stays as it is until release is called. It is taken out of the store when it is
// wanted first, and kept for a while. Errors: ErrNoSound, ErrNoRoom, ErrStore, or ctx's.
// It implements mixer.Sounds.
func (l *Library) SoundFile(ctx context.Context, ref string) (path string, release func(), err error) {
	name, version, ok := unpinned(ref)
	if !ok {
		return "", nil, fmt.Errorf("%w: %q", ErrNoSound, ref)
	}
	v, err := l.store.Stat(ctx, store.Sound, name, version)
	if err != nil {
		return "", nil, storeError(err, ErrNoSound, name, version)
	}
	return l.sounds.acquire(ctx, v.Digest, v.Size, func(ctx context.Context, w io.Writer) error {
		data, _, err := l.store.Open(ctx, store.Sound, name, v.Version)
		if err != nil {
			return storeError(err, ErrNoSound, name, v.Version)
		}
		defer data.Close()
		if _, err := io.Copy(w, data); err != nil {
			return storeError(err, ErrNoSound, name, v.Version)
		}
		return nil
	})
}

// ListSounds is ListPictures for sounds.
func (l *Library) ListSounds(ctx context.Context, size int, after string) (assets []*pb.Asset, more bool, err error) {
	kept, err := l.store.List(ctx, store.Sound, "")
	if err != nil {
		return nil, false, storeError(err, ErrNoSound, "", 0)
	}
	for _, v := range kept {
		assets = append(assets, soundAsset(v))
	}
	assets, more = page(assets, (*pb.Asset).GetName, size, after)
	return assets, more, nil
}

// DeleteSound deletes one version of a sound, or with version 0 all of them, unless a mix
// uses it. Errors: ErrNoSound, ErrInUse, ErrStore, or ctx's.
func (l *Library) DeleteSound(ctx context.Context, name string, version int, mixes *Registry) error {
	l.using.Lock()
	defer l.using.Unlock()
	versions, err := l.versions(ctx, store.Sound, name, version, ErrNoSound)
	if err != nil {
		return err
	}
	used, err := mixes.usesAnywhere(ctx)
	if err != nil {
		return err
	}
	in := inUse{what: fmt.Sprintf("sound %q", name)}
	for _, v := range versions {
		in.mixes = append(in.mixes, used.sounds[pinned(name, v.Version)]...)
	}
	if len(in.mixes) > 0 {
		in.mixes = sorted(in.mixes)
		return in
	}
	if err := l.store.Delete(ctx, store.Sound, name, version); err != nil {
		return storeError(err, ErrNoSound, name, version)
	}
	for _, v := range versions {
		l.sounds.forget(v.Digest)
	}
	return nil
}
