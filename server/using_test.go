package server

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/lianmai/lianmai/mixer"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// An engine that takes its time over one mix holds up nobody else, and what it was given
// cannot be deleted meanwhile.
func TestASlowEngineHoldsWhatItWasGiven(t *testing.T) {
	b := newBench(t, Limits{}, over(newLibrary(t)))
	b.mustPicture(t, "logo", red)
	b.mustPicture(t, "face", red)
	branded := plain("talk", "", 2)
	branded.Overlays = []*pb.Overlay{logo("logo")}
	b.upload(t, branded)
	b.upload(t, plain("walk", "", 2))
	b.start(t, duet("changed"))

	entered, goOn := make(chan string), make(chan struct{})
	b.engine.before = func(spec mixer.Spec) {
		if spec.Layout.Template == "talk" {
			entered <- spec.ID
			<-goOn
		}
	}
	faced := func(id string) *pb.MixSpec {
		spec := dressed(id, &pb.Layout{Template: "talk"})
		spec.Participants[0].Placeholder = "face"
		return spec
	}
	slow := make(chan error, 2)
	go func() {
		_, err := b.StartMix(t.Context(), &pb.StartMixRequest{Spec: faced("started")})
		slow <- err
	}()
	go func() {
		_, err := b.UpdateMix(t.Context(), &pb.UpdateMixRequest{Spec: faced("changed")})
		slow <- err
	}()
	<-entered
	<-entered

	for name, remove := range map[string]func() error{
		"template": func() error {
			_, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"})
			return err
		},
		"its picture": func() error {
			_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "logo"})
			return err
		},
		"placeholder": func() error {
			_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "face"})
			return err
		},
	} {
		err := remove()
		wantCode(t, err, codes.FailedPrecondition)
		if got := usersIn(err); len(got) < 2 || got[0] != "IN_USE mix/changed" || got[1] != "IN_USE mix/started" {
			t.Errorf("%s: %v with %q", name, err, got)
		}
	}
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "walk"}); err != nil {
		t.Error(err)
	}
	b.start(t, duet("other"))
	b.layoutOf(t, "other")
	b.mustPicture(t, "fresh", red)
	close(goOn)
	if err := errors.Join(<-slow, <-slow); err != nil {
		t.Error(err)
	}
	_, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"})
	if want := []string{"IN_USE mix/changed", "IN_USE mix/started"}; !slices.Equal(usersIn(err), want) {
		t.Errorf("%v with %q", err, usersIn(err))
	}
}

// layoutOf changes the layout of a mix or ends the test.
func (b *bench) layoutOf(t testing.TB, id string) {
	t.Helper()
	if _, err := b.UpdateLayout(t.Context(), &pb.UpdateLayoutRequest{Id: id, Main: proto.String("ben")}); err != nil {
		t.Fatal(err)
	}
}

// A template that is kept while it is found out who uses a picture counts.
func TestATemplateThatComesBeforeADeletion(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	l.store = slow
	b := newBench(t, Limits{}, over(l))
	b.mustPicture(t, "logo", red)
	b.upload(t, plain("talk", "", 1))
	b.upload(t, plain("walk", "", 1))
	branded := plain("talk", "", 2)
	branded.Overlays = []*pb.Overlay{logo("logo")}
	reads := 0
	slow.before = func(op string, _ store.Kind, name string) error {
		if op != "list" || name != "walk" { // which is read after talk
			return nil
		}
		if reads++; reads == 1 {
			_, err := b.UploadTemplate(t.Context(), message(branded))
			return err
		}
		return nil
	}
	_, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "logo"})
	wantCode(t, err, codes.FailedPrecondition)
	if got := usersIn(err); reads != 2 || !slices.Equal(got, []string{"IN_USE template/talk@2"}) {
		t.Errorf("after %d reads: %v with %q", reads, err, got)
	}
}

// While something is deleted nobody finds it; while a template is kept nobody deletes
// what it names.
func TestUsingIsHeld(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	l.store = slow
	b := newBench(t, Limits{}, over(l))
	var held []string
	slow.before = func(op string, kind store.Kind, _ string) error {
		switch {
		case op == "delete" && !l.using.TryRLock():
			held = append(held, fmt.Sprint("alone while deleting a ", kind))
		case op == "put" && kind == store.Template && !l.using.TryLock():
			held = append(held, "shared while keeping a template")
		case op == "list" && kind == store.Template && !l.using.TryLock():
			held = append(held, "while reading all templates")
		case op == "list" && kind == store.Template:
			l.using.Unlock()
		}
		return nil
	}
	b.mustPicture(t, "logo", red)
	b.upload(t, plain("talk", "", 1))
	b.upload(t, plain("walk", "", 1))
	if _, err := b.DeleteAsset(t.Context(), &pb.DeleteAssetRequest{Name: "logo"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk", Version: 1}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"shared while keeping a template", "shared while keeping a template",
		"alone while deleting a picture", "alone while deleting a template",
	}
	if !slices.Equal(held, want) {
		t.Errorf("held %q, want %q", held, want)
	}
}

// What was read before it was deleted is not remembered after.
func TestADeletedTemplateIsForgotten(t *testing.T) {
	l := newLibrary(t)
	slow := &watched{shelf: l.store}
	b := newBench(t, Limits{}, over(l))
	b.upload(t, plain("talk", "", 2))
	l.store = after{slow.shelf, func() {
		if _, err := b.DeleteTemplate(t.Context(), &pb.DeleteTemplateRequest{Name: "talk"}); err != nil {
			t.Error(err)
		}
	}}
	if _, err := l.Template(t.Context(), "talk", 1); err != nil {
		t.Fatal(err)
	}
	l.store = slow
	if _, err := l.Template(t.Context(), "talk", 1); !errors.Is(err, ErrNoTemplate) {
		t.Errorf("after it was deleted: %v", err)
	}
}

// after is a shelf that does something when data was read.
type after struct {
	shelf
	read func()
}

func (a after) Get(ctx context.Context, kind store.Kind, name string, version int) ([]byte, store.Version, error) {
	defer a.read()
	return a.shelf.Get(ctx, kind, name, version)
}

// chaos calls the service at random, from a seed.
type chaos struct {
	*bench
	rand *rand.Rand
}

func (c chaos) pick(prefix string, n int) string { return fmt.Sprint(prefix, c.rand.IntN(n)) }

// step makes one call. Every answer that it may get is in fine.
func (c chaos) step(ctx context.Context, picture func(n int) []byte) (err error) {
	template, face, id := c.pick("t", 3), c.pick("p", 3), c.pick("m", 4)
	switch c.rand.IntN(10) {
	case 0, 1:
		branded := plain(template, c.pick("", 1000), 2)
		branded.Overlays = []*pb.Overlay{logo(face)}
		_, err = c.UploadTemplate(ctx, message(branded))
	case 2:
		_, err = c.picture(ctx, face, picture(c.rand.IntN(4)), 1<<16)
	case 3, 4:
		spec := dressed(id, &pb.Layout{Template: template})
		spec.Participants[0].Placeholder = face
		_, err = c.StartMix(ctx, &pb.StartMixRequest{Spec: spec})
	case 5:
		_, err = c.UpdateLayout(ctx, &pb.UpdateLayoutRequest{Id: id, Template: &template})
	case 6:
		spec := dressed(id, &pb.Layout{Template: template})
		spec.Participants[1].Placeholder = face
		_, err = c.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: spec})
	case 7:
		_, err = c.StopMix(ctx, &pb.StopMixRequest{Id: id})
	case 8:
		_, err = c.DeleteTemplate(ctx, &pb.DeleteTemplateRequest{Name: template, Version: c.rand.Int32N(3)})
	default:
		_, err = c.DeleteAsset(ctx, &pb.DeleteAssetRequest{Name: face, Version: c.rand.Int32N(3)})
	}
	return err
}

// now returns a mix as it is; nil for none.
func (b *bench) now(id string) *pb.Mix {
	m, err := b.mixes.find(id)
	if err != nil {
		return nil
	}
	return m.get()
}

// picturesIn returns those that the engine needs for a spec.
func picturesIn(spec mixer.Spec) (list []string) {
	for _, o := range spec.Layout.Custom.Overlays {
		list = append(list, o.Image)
	}
	for _, p := range spec.Participants {
		if p.Placeholder != "" {
			list = append(list, p.Placeholder)
		}
	}
	return list
}

func TestNothingIsGoneThatAMixUses(t *testing.T) {
	l := newLibrary(t)
	b := newBench(t, Limits{}, over(l))
	shades := [][]byte{pngOf(t, 2, 2, red), pngOf(t, 2, 2, green), pngOf(t, 2, 2, blue), pngOf(t, 2, 2, color.Gray{0x80})}
	missing := func(template string, version int, pictures []string) error {
		if version == 0 {
			return nil // built in
		}
		_, err := l.store.Stat(t.Context(), store.Template, template, version)
		for _, ref := range pictures {
			name, version, _ := unpinned(ref)
			_, statErr := l.store.Stat(t.Context(), store.Picture, name, version)
			err = errors.Join(err, statErr)
		}
		return err
	}
	b.engine.before = func(spec mixer.Spec) {
		if err := missing(spec.Layout.Template, spec.Layout.Custom.Version, picturesIn(spec)); err != nil {
			t.Errorf("the engine was given what is gone: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a deadlock, on any machine
	defer cancel()
	var callers sync.WaitGroup
	var mu sync.Mutex
	answers := map[codes.Code]int{}
	for seed := range uint64(6) {
		callers.Go(func() {
			c := chaos{b, rand.New(rand.NewPCG(seed, 7))}
			for range 120 {
				err := c.step(ctx, func(n int) []byte { return shades[n] })
				mu.Lock()
				answers[status.Code(err)]++
				mu.Unlock()
				switch status.Code(err) {
				case codes.OK, codes.NotFound, codes.FailedPrecondition, codes.InvalidArgument, codes.AlreadyExists:
				default:
					t.Error(err)
				}
				mix := b.now(c.pick("m", 4))
				if mix == nil || mix.State != pb.MixState_MIX_STATE_RUNNING {
					continue
				}
				var faces []string
				for _, p := range mix.Spec.Participants {
					if p.Placeholder != "" {
						faces = append(faces, p.Placeholder)
					}
				}
				err = missing(mix.Spec.Layout.Template, int(mix.Spec.Layout.TemplateVersion), faces)
				if err != nil && b.now(mix.Spec.Id) == mix {
					t.Errorf("a running mix uses what is gone: %v", err)
				}
			}
		})
	}
	callers.Wait()
	for _, code := range []codes.Code{codes.OK, codes.NotFound, codes.FailedPrecondition, codes.InvalidArgument} {
		if answers[code] == 0 {
			t.Errorf("nothing was answered with %v: %v", code, answers)
		}
	}
	if len(l.uploading) != 0 || !l.using.TryLock() {
		t.Error("a lock is still held")
		return
	}
	l.using.Unlock()
}
