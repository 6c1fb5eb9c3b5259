package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/internal/peers"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

const kindSound = pb.AssetKind_ASSET_KIND_SOUND

// wavOf returns a tone of so many frames at 44.1 kHz, mono; seed is its pitch.
func wavOf(seed, frames int) []byte {
	const rate = 44100
	data := make([]byte, 44, 44+2*frames)
	copy(data, "RIFF")
	binary.LittleEndian.PutUint32(data[4:], uint32(36+2*frames))
	copy(data[8:], "WAVEfmt ")
	for at, v := range map[int]uint32{16: 16, 20: 1 | 1<<16, 24: rate, 28: 2 * rate, 32: 2 | 16<<16, 40: uint32(2 * frames)} {
		binary.LittleEndian.PutUint32(data[at:], v)
	}
	copy(data[36:], "data")
	for i := range frames {
		v := int16(8000 * math.Sin(2*math.Pi*float64(200+seed)*float64(i)/rate))
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	return data
}

// made returns a file that ffmpeg makes; its name says of which format.
func made(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	p := peers.FFmpeg(t, append(args, "-y", path)...)
	if err := p.Wait(ctx); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, p.Stderr())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openingSound begins the upload of a sound.
func openingSound(name string) *pb.UploadAssetRequest {
	return &pb.UploadAssetRequest{Part: &pb.UploadAssetRequest_Open{Open: &pb.UploadAssetOpen{Name: name, Kind: kindSound}}}
}

// sound uploads a sound in chunks.
func (b *bench) sound(ctx context.Context, name string, data []byte, chunk int) (*pb.Asset, error) {
	stream, err := b.UploadAsset(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(openingSound(name))
	for ; err == nil && len(data) > 0; data = data[min(chunk, len(data)):] {
		err = stream.Send(part(data[:min(chunk, len(data))]))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	resp, err := stream.CloseAndRecv()
	return resp.GetAsset(), err
}

// mustSound uploads a short tone or ends the test.
func (b *bench) mustSound(t testing.TB, name string, seed int) *pb.Asset {
	t.Helper()
	asset, err := b.sound(t.Context(), name, wavOf(seed, 4410), 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	return asset
}

// downloadSound returns a sound as GetAsset sends it.
func (b *bench) downloadSound(ctx context.Context, name string, version int32) (asset *pb.Asset, data []byte, err error) {
	stream, err := b.GetAsset(ctx, &pb.GetAssetRequest{Name: name, Version: version, Kind: kindSound})
	for err == nil {
		var resp *pb.GetAssetResponse
		if resp, err = stream.Recv(); err == nil {
			if resp.GetAsset() != nil {
				asset = resp.GetAsset()
			}
			data = append(data, resp.GetChunk()...)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return asset, data, err
}

// filesIn returns the names of the files that a library has in its folder.
func filesIn(t testing.TB, l *Library) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(l.limits.Dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestSoundsComeBackAsTheyWent(t *testing.T) {
	l := newLibrary(t)
	b := newBench(t, Limits{}, over(l))
	b.mustPicture(t, "bed", red) // pictures have names of their own
	cover := made(t, "cover.mp3", "-f", "lavfi", "-i", "sine=d=2:r=48000", "-f", "lavfi", "-i", "testsrc2=s=300x300:d=0.04",
		"-map", "0", "-map", "1", "-ac", "2", "-c:a", "libmp3lame", "-c:v", "mjpeg", "-frames:v", "1", "-metadata", "title=Bed of roses")
	for _, test := range []struct {
		name  string
		data  []byte
		chunk int
		want  *pb.Asset
	}{
		{"bed", wavOf(1, 44100), 777, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_WAV, Duration: durationpb.New(time.Second), SampleRate: 44100, Channels: 1}},
		{"a.mp3", cover, 1 << 16, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_MP3, Duration: durationpb.New(2 * time.Second), SampleRate: 48000, Channels: 2, Title: "Bed of roses"}},
		{"long", wavOf(2, 3_000_000), 500_000, &pb.Asset{Format: pb.AssetFormat_ASSET_FORMAT_WAV, Duration: durationpb.New(68027210884), SampleRate: 44100, Channels: 1}},
	} {
		sum := sha256.Sum256(test.data)
		want := test.want
		want.Kind = kindSound
		want.Name, want.Version, want.Size, want.Sha256 = test.name, 1, int64(len(test.data)), hex.EncodeToString(sum[:])
		asset, err := b.sound(t.Context(), test.name, test.data, test.chunk)
		if err != nil || asset.CreateTime == nil {
			t.Fatalf("%s: %v, %v", test.name, asset, err)
		}
		want.CreateTime = asset.CreateTime
		if d := asset.Duration.AsDuration() - want.Duration.AsDuration(); d.Abs() > 20*time.Microsecond {
			t.Errorf("%s is %v long, want %v", test.name, asset.Duration.AsDuration(), want.Duration.AsDuration())
		}
		want.Duration = asset.Duration
		if !proto.Equal(asset, want) {
			t.Errorf("uploaded %v, want %v", asset, want)
		}
		for _, version := range []int32{0, 1} {
			got, data, err := b.downloadSound(t.Context(), test.name, version)
			if err != nil || !proto.Equal(got, want) || !bytes.Equal(data, test.data) {
				t.Errorf("downloaded %v with %d bytes, %v", got, len(data), err)
			}
		}
		again, err := b.sound(t.Context(), test.name, test.data, 1<<16)
		if err != nil || !proto.Equal(again, want) {
			t.Errorf("the same bytes again: %v, %v", again, err)
		}
		_, _, err = b.downloadSound(t.Context(), test.name, 2)
		wantCode(t, err, codes.NotFound)
	}
	if other := b.mustSound(t, "bed", 3); other.Version != 2 {
		t.Errorf("other bytes: %v", other)
	}
	for kind, want := range map[pb.AssetKind]string{kindSound: "[a.mp3@1 bed@2 long@1]", pb.AssetKind_ASSET_KIND_PICTURE: "[bed@1]", 0: "[bed@1]"} {
		list, err := b.ListAssets(t.Context(), &pb.ListAssetsRequest{Kind: kind})
		var names []string
		for _, a := range list.GetAssets() {
			names = append(names, pinned(a.Name, int(a.Version)))
		}
		if err != nil || fmt.Sprint(names) != want {
			t.Errorf("%v: %v, %v; want %s", kind, names, err, want)
		}
	}
	if left := filesIn(t, l); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	_, err := b.ListAssets(t.Context(), &pb.ListAssetsRequest{Kind: 7})
	wantCode(t, err, codes.InvalidArgument)
}

func TestBadSoundsAreRefused(t *testing.T) {
	l := NewLibrary(openStore(t, store.Config{}), LibraryConfig{
		Sounds: decode.SoundLimits{Bytes: 1_000_000, Duration: 5 * time.Second}, Dir: filepath.Join(t.TempDir(), "sounds"),
	})
	b := newBench(t, Limits{}, over(l))
	whole := wavOf(1, 44100)
	for name, test := range map[string]struct {
		data []byte
		part string
	}{
		"nothing":           {nil, "no bytes"},
		"text":              {bytes.Repeat([]byte("la la la\n"), 1000), "must be MP3, AAC, M4A, FLAC, WAV or Ogg"},
		"zeros":             {make([]byte, 5000), "none of them"},
		"a picture":         {pngOf(t, 90, 90, red), "this is a picture: image/png"},
		"another picture":   {jpegOf(t, 90, 90, red), "this is a picture: image/jpeg"},
		"a playlist":        {[]byte("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"), "none of them"},
		"no audio stream":   {made(t, "v.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x96:d=1", "-c:v", "libx264"), "no audio stream"},
		"truncated":         {whole[:len(whole)/2], "must be whole"},
		"too long":          {wavOf(1, 44100*6), "at most 5s"},
		"too many bytes":    {wavOf(1, 500_000), "at most 1000000 bytes"},
		"very many bytes":   {make([]byte, 9_000_000), "at most 1000000 bytes"},
		"a little too long": {wavOf(1, 44100*5+1000), "at most 5s"},
	} {
		_, err := b.sound(t.Context(), "bed", test.data, 1<<14)
		wantCode(t, err, codes.InvalidArgument)
		if found := violations(err); len(found) != 1 || !strings.Contains(found["chunk"], test.part) || strings.Contains(found["chunk"], l.limits.Dir) {
			t.Errorf("%s: %q, want %q", name, found, test.part)
		}
		if left := filesIn(t, l); len(left) > 0 {
			t.Errorf("%s: left in the folder: %q", name, left)
		}
	}
	if kept, err := l.store.List(t.Context(), store.Sound, ""); err != nil || len(kept) != 0 {
		t.Errorf("kept all the same: %v, %v", kept, err)
	}
	if _, err := b.sound(t.Context(), "bed", wavOf(1, 44100*5), 1<<14); err != nil {
		t.Errorf("the longest that is allowed: %v", err)
	}
}

// TestSoundsNobodyFinishes sends parts of sounds, in ways that no upload may have.
func TestSoundsNobodyFinishes(t *testing.T) {
	l := newLibrary(t)
	b := newBench(t, Limits{}, over(l))
	data := wavOf(1, 4410)
	for name, parts := range map[string][]*pb.UploadAssetRequest{
		"two opens":  {openingSound("bed"), part(data), openingSound("bed")},
		"other kind": {openingSound("bed"), part(data), opening("bed")},
	} {
		stream, err := b.UploadAsset(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if stream.Send(p) != nil {
				break
			}
		}
		_, err = stream.CloseAndRecv()
		wantCode(t, err, codes.InvalidArgument)
		if found := violations(err); len(found) != 1 || found["open"] == "" {
			t.Errorf("%s: %q", name, found)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := b.UploadAsset(ctx)
	if err != nil || stream.Send(openingSound("bed")) != nil || stream.Send(part(data)) != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = stream.CloseAndRecv()
	wantCode(t, err, codes.Canceled)
	if err := b.stop(); err != nil { // waits for the calls
		t.Fatal(err)
	}
	if left := filesIn(t, l); len(left) > 0 {
		t.Errorf("left in the folder: %q", left)
	}
	if log := b.log.String(); strings.Contains(log, `"code":"Internal"`) {
		t.Errorf("log:\n%s", log)
	}
}

func TestNoSoundsWithoutAFolder(t *testing.T) {
	b := newBench(t, Limits{}, over(NewLibrary(openStore(t, store.Config{}), LibraryConfig{})))
	_, err := b.sound(t.Context(), "bed", wavOf(1, 4410), 1<<16)
	wantCode(t, err, codes.Unavailable)
}

// mute is an upload that begins and then says nothing more until it is ended.
type mute struct {
	grpc.ClientStreamingServer[pb.UploadAssetRequest, pb.UploadAssetResponse]
	first []*pb.UploadAssetRequest
	ended chan struct{}
}

func (m *mute) Context() context.Context { return context.Background() }

func (m *mute) Recv() (*pb.UploadAssetRequest, error) {
	if len(m.first) == 0 {
		<-m.ended
		return nil, io.ErrUnexpectedEOF
	}
	req := m.first[0]
	m.first = m.first[1:]
	return req, nil
}

func TestSilentUploadsAreBoundedInTimeAndNumber(t *testing.T) {
	l := NewLibrary(nil, LibraryConfig{Dir: filepath.Join(t.TempDir(), "sounds")})
	check, err := newChecker(l)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		first []*pb.UploadAssetRequest
		most  time.Duration
	}{
		"nothing":   {nil, uploadTimeout},
		"a picture": {[]*pb.UploadAssetRequest{opening("logo"), part([]byte{0})}, uploadTimeout},
		"a sound":   {[]*pb.UploadAssetRequest{openingSound("bed"), part([]byte{0})}, soundTimeout},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &assets{library: l, check: check, receiving: make(chan struct{}, 3), sounding: make(chan struct{}, 1)}
			m := &mute{first: test.first, ended: make(chan struct{})}
			defer close(m.ended) // as gRPC does when the call has ended
			ended := make(chan error, 1)
			begin := time.Now()
			go func() { ended <- s.UploadAsset(m) }()
			synctest.Wait()
			if test.most == soundTimeout {
				busy := &mute{first: []*pb.UploadAssetRequest{openingSound("bed")}, ended: make(chan struct{})}
				wantCode(t, s.UploadAsset(busy), codes.ResourceExhausted)
				close(busy.ended)
			}
			wantCode(t, <-ended, codes.DeadlineExceeded)
			if took := time.Since(begin); took != test.most {
				t.Errorf("%s: cut after %v", name, took)
			}
			if len(s.receiving)+len(s.sounding) != 0 {
				t.Errorf("%s: its place was not given back", name)
			}
		})
		if left := filesIn(t, l); len(left) > 0 {
			t.Errorf("%s: left in the folder: %q", name, left)
		}
	}
}
