package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

const (
	picture = pb.AssetKind_ASSET_KIND_PICTURE
	sound   = pb.AssetKind_ASSET_KIND_SOUND
)

func TestUploadsHaveTheKindOfTheirFile(t *testing.T) {
	files := map[string]string{"logo": "x"}
	for _, name := range []string{"a.png", "b.JPG", "c.jpeg", "d.mp3", "e.m4a", "f.AAC", "g.flac", "h.wav", "i.ogg", "j.opus", "k.gif"} {
		files[name] = "x"
	}
	folder(t, files)
	r, s := newAskedService(t)
	for _, test := range []struct {
		args []string
		want *pb.UploadAssetOpen
	}{
		{[]string{"a.png"}, &pb.UploadAssetOpen{Name: "a", Kind: picture}},
		{[]string{"b.JPG"}, &pb.UploadAssetOpen{Name: "b", Kind: picture}},
		{[]string{"c.jpeg"}, &pb.UploadAssetOpen{Name: "c", Kind: picture}},
		{[]string{"d.mp3"}, &pb.UploadAssetOpen{Name: "d", Kind: sound}},
		{[]string{"e.m4a"}, &pb.UploadAssetOpen{Name: "e", Kind: sound}},
		{[]string{"f.AAC"}, &pb.UploadAssetOpen{Name: "f", Kind: sound}},
		{[]string{"g.flac"}, &pb.UploadAssetOpen{Name: "g", Kind: sound}},
		{[]string{"h.wav"}, &pb.UploadAssetOpen{Name: "h", Kind: sound}},
		{[]string{"i.ogg"}, &pb.UploadAssetOpen{Name: "i", Kind: sound}},
		{[]string{"j.opus", "--name", "jingle"}, &pb.UploadAssetOpen{Name: "jingle", Kind: sound}},
		{[]string{"k.gif"}, &pb.UploadAssetOpen{Name: "k", Kind: picture}}, // the service says what it thinks of it
		{[]string{"logo", "--sound"}, &pb.UploadAssetOpen{Name: "logo", Kind: sound}},
		{[]string{"logo", "--kind", "sound"}, &pb.UploadAssetOpen{Name: "logo", Kind: sound}},
		{[]string{"d.mp3", "--kind=picture"}, &pb.UploadAssetOpen{Name: "d", Kind: picture}},
	} {
		s.must(append([]string{"asset", "upload"}, test.args...)...)
		sameRequest(t, strings.Join(test.args, " "), asked[*pb.UploadAssetOpen](t, r), test.want)
	}
	refusals{
		{[]string{"asset", "upload", "a.png", "--sound", "--kind", "picture"}, exitUsage, "it cannot be a picture and a sound"},
		{[]string{"asset", "upload", "a.png", "--kind", "film"}, exitUsage, "want picture or sound"},
		{[]string{"asset", "upload", "--sound", "-"}, exitUsage, "a sound from standard input needs a --name"},
		{[]string{"asset", "list", "--sounds", "--kind=picture"}, exitUsage, "it cannot be a picture and a sound"},
		{[]string{"asset", "delete", "a", "--sounds", "--kind=picture"}, exitUsage, "it cannot be a picture and a sound"},
		{[]string{"asset", "get", "a", "-o", "got", "--sounds", "--kind=picture"}, exitUsage, "it cannot be a picture and a sound"},
	}.try(s)
}

func TestSoundsByCommand(t *testing.T) {
	song := strings.Repeat("song ", chunkBytes) // several parts
	folder(t, map[string]string{"song.mp3": song})
	r, s := newAskedService(t)
	if out := s.must("asset", "upload", "song.mp3"); out != "uploaded song@2 (mp3, 3:21.000, 44100 Hz, 2 channels, 327680 bytes)\n" {
		t.Errorf("upload = %q", out)
	}
	if string(r.sound) != song {
		t.Errorf("%d bytes came, want %d", len(r.sound), len(song))
	}
	r.sound = []byte("sound")
	for _, flag := range []string{"--sounds", "--kind=sound"} {
		rows := strings.Split(s.must("asset", "list", flag), "\n")
		sameRequest(t, "list", asked[*pb.ListAssetsRequest](t, r), &pb.ListAssetsRequest{Kind: sound})
		if len(rows) != 3 || rows[0] != "NAME   VERSION  FORMAT  DURATION  RATE      CHANNELS  BYTES    UPLOADED  TITLE" ||
			!strings.HasPrefix(rows[1], "theme  2        mp3     3:21.000  44100 Hz  2         3210987  -         The Theme[2J") {
			t.Errorf("list = %q", rows)
		}
		if out := s.must("asset", "get", "theme@2", flag, "-o", "-"); out != "sound" {
			t.Errorf("get = %q", out)
		}
		sameRequest(t, "get", asked[*pb.GetAssetRequest](t, r), &pb.GetAssetRequest{Name: "theme", Version: 2, Kind: sound})
		if out := s.must("asset", "delete", "theme@2", flag); out != "deleted sound theme@2\n" {
			t.Errorf("delete = %q", out)
		}
		sameRequest(t, "delete", asked[*pb.DeleteAssetRequest](t, r), &pb.DeleteAssetRequest{Name: "theme", Version: 2, Kind: sound})
		for _, verb := range []string{"get", "delete"} {
			if got, _ := s.offers("asset", verb, "--server", s.addr, flag, "t"); !slices.Equal(got, []string{"theme"}) {
				t.Errorf("%s %s offers %q", verb, flag, got)
			}
		}
	}
	if out := s.must("asset", "get", "theme", "--sounds", "-o", "got.mp3"); out != "wrote got.mp3: theme@2, mp3, 3:21.000, 44100 Hz, 2 channels, 3210987 bytes\n" {
		t.Errorf("get = %q", out)
	}
	if out := s.must("asset", "list"); out != "no pictures\n" {
		t.Errorf("list = %q", out)
	}
	sameRequest(t, "list", asked[proto.Message](t, r), &pb.ListAssetsRequest{Kind: picture})
}

// A sound that is too large is not sent: its file is not even read.
func TestSoundsAreBounded(t *testing.T) {
	folder(t, map[string]string{"whole.wav": "", "large.wav": ""})
	_, s := newAskedService(t)
	if err := os.Truncate("large.wav", maxSoundBytes+1); err != nil { // takes no room: a sparse file
		t.Fatal(err)
	}
	code, out, stderr := s.run("asset", "upload", "large.wav", "whole.wav")
	if code != exitFailed || stderr != "large.wav: the sound: 209715201 bytes; at most 209715200 are allowed\n" || !strings.HasPrefix(out, "uploaded whole@2 ") {
		t.Errorf("upload = %d\n%s%s", code, out, stderr)
	}
	large := errors.New("too large")
	for n, want := range map[int]error{0: nil, 9: nil, 10: nil, 11: large, 5000: large} {
		data := bytes.Repeat([]byte{1}, n)
		got, err := io.ReadAll(&boundedReader{in: bytes.NewReader(data), left: 10, err: large})
		if !errors.Is(err, want) || err == nil && !bytes.Equal(got, data) || len(got) > 10 {
			t.Errorf("of %d bytes %d are read, %v", n, len(got), err)
		}
	}
}

// The time limit of a transfer is for each of its parts.
func TestTransfersThatStall(t *testing.T) {
	folder(t, map[string]string{"song.mp3": "song"})
	r, s := newAskedService(t)
	r.hush = true
	refusals{
		{[]string{"asset", "upload", "song.mp3", "--timeout", "50ms"}, exitFailed, "no answer from " + s.addr + " in time"},
		{[]string{"asset", "get", "theme", "--sounds", "-o", "got.mp3", "--timeout", "50ms"}, exitFailed, "no answer from " + s.addr + " in time"},
	}.try(s)
	if _, err := os.Stat("got.mp3"); err == nil {
		t.Error("half a sound was left")
	}
}
