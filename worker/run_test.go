package worker

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker/wire"
)

// The whole life of a worker, as its supervisor hears it.
func TestAMixFromItsStartToItsEnd(t *testing.T) {
	b := hire(t)
	spec := smallSpec(t)
	spec.Participants = []mixer.Participant{{Name: "安娜", URL: "rtmp://127.0.0.1:1/live/nobody"}}
	const base = time.Hour
	b.say(wire.Message{Start: &wire.Start{Spec: spec, Base: base}}, nil)
	if r := b.await("Ready", isReady).Ready; r.Error != "" {
		t.Fatal(r.Error)
	}
	b.await("the output", func(m wire.Message) bool {
		return m.Event != nil && m.Event.Kind == mixer.OutputChanged && m.Event.Output == mixer.OutputLive
	})
	last := time.Duration(0)
	for range 2 {
		p := b.await("a pulse", func(m wire.Message) bool { return m.Pulse != nil && len(m.Pulse.Stats.Sources) > 0 }).Pulse
		if p.At < base || p.At <= last || p.Stats.Sources[0].Name != "安娜" || p.Stats.Resources.Memory == 0 {
			t.Errorf("pulse at %v after %v: %+v", p.At, last, p.Stats)
		}
		last = p.At
	}

	spec.Revision, spec.Sound.MasterGainDB = 2, -3
	b.say(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil)
	if r := b.await("Applied", isApplied).Applied; r.Error != "" {
		t.Error(r.Error)
	}
	bad := spec
	bad.Revision, bad.Outputs = 3, []mixer.Output{{Name: "x", URL: "file:///etc/passwd"}}
	b.say(wire.Message{Apply: &wire.Apply{Spec: bad}}, nil)
	if r := b.await("a refusal", isApplied).Applied; r.Error == "" {
		t.Error("a bad output is taken")
	}

	b.say(wire.Message{Meter: &wire.Meter{For: 300 * time.Millisecond}}, nil)
	b.await("meters", func(m wire.Message) bool { return m.Levels != nil })

	b.say(wire.Message{Stop: &wire.Stop{Within: patience}}, nil)
	var stopped int
	var final *wire.Pulse
	ended := b.await("Ended", func(m wire.Message) bool {
		if m.Pulse != nil {
			final = m.Pulse
		}
		if isEvent(mixer.MixStopped)(m) {
			stopped++
		}
		return isEnded(m)
	}).Ended
	if ended.Error != "" || stopped != 1 || final == nil || final.Stats.Revision != 2 || final.Stats.Outputs[0].BytesSent == 0 {
		t.Errorf("Ended: %q, MixStopped %d times, last pulse %+v", ended.Error, stopped, final)
	}
	if err := b.over(); err != nil {
		t.Error(err)
	}
	for m := range b.heard {
		t.Errorf("after Ended: %+v", m)
	}
}

// A spec that names a picture: the worker asks for it before it says that it runs.
func TestAMixThatBeginsWithAPicture(t *testing.T) {
	b := hire(t)
	spec := smallSpec(t)
	spec.Participants = []mixer.Participant{{Name: "a", URL: "rtmp://127.0.0.1:1/live/nobody", Placeholder: "logo@3"}}
	b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
	ask := b.await("a question", isAsk).Ask
	if ask.Picture != "logo@3" || ask.Sound != "" {
		t.Errorf("asks for %+v", ask)
	}
	b.say(wire.Message{Answer: &wire.Answer{ID: ask.ID}}, pngFile(t))
	if r := b.await("Ready", isReady).Ready; r.Error != "" {
		t.Error(r.Error)
	}

	// Another one by a change; while it is waited for, everything else goes on.
	spec.Revision, spec.Participants = 2, slices.Clone(spec.Participants)
	spec.Participants[0].Placeholder = "other"
	b.say(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil)
	ask = b.await("another question", isAsk).Ask
	for range 2 {
		b.await("a pulse", func(m wire.Message) bool { return m.Pulse != nil })
	}
	b.say(wire.Message{Answer: &wire.Answer{ID: ask.ID, Error: "no such picture"}}, nil)
	b.await("Applied", isApplied)
	b.say(wire.Message{Stop: &wire.Stop{Within: patience}}, nil)
	b.await("Ended", isEnded)
	if err := b.over(); err != nil {
		t.Error(err)
	}
}

// A sound is asked for, played, and given back when it is taken out.
func TestSoundsAreGivenBack(t *testing.T) {
	b := hire(t)
	spec := smallSpec(t)
	spec.Music = []mixer.Music{{Name: "bed", Asset: "jingle@1", Plays: -1}}
	b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
	ask := b.await("a question", isAsk).Ask
	if ask.Sound != "jingle@1" {
		t.Errorf("asks for %+v", ask)
	}
	b.say(wire.Message{Answer: &wire.Answer{ID: ask.ID, Path: wavFile(t, 3)}}, nil)
	b.await("the sound to play", func(m wire.Message) bool { return m.Event != nil && m.Event.Music == mixer.MusicPlaying })
	spec.Revision, spec.Music = 2, nil
	b.say(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil)
	if r := b.await("a release", func(m wire.Message) bool { return m.Release != nil }).Release; r.ID != ask.ID {
		t.Errorf("%d is released, not %d", r.ID, ask.ID)
	}
	// An answer that nobody wants is given back at once.
	b.say(wire.Message{Answer: &wire.Answer{ID: 77, Path: "/x"}}, nil)
	b.await("another release", func(m wire.Message) bool { return m.Release != nil && m.Release.ID == 77 })
	b.say(wire.Message{Stop: &wire.Stop{Within: patience}}, nil)
	b.await("Ended", isEnded)
	_ = b.over()
}

// Without a supervisor everything ends, whatever the worker waits for.
func TestOrphansEnd(t *testing.T) {
	with := func(change func(*mixer.Spec)) func(*testing.T, *boss) {
		return func(t *testing.T, b *boss) {
			spec := smallSpec(t)
			change(&spec)
			b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
		}
	}
	for name, c := range map[string]struct {
		begin func(*testing.T, *boss)
		until func(wire.Message) bool
	}{
		"before it is told anything": {func(*testing.T, *boss) {}, nil},
		"while it asks for a picture": {with(func(s *mixer.Spec) {
			s.Participants = []mixer.Participant{{Name: "a", URL: "rtmp://127.0.0.1:1/live/x", Placeholder: "p"}}
		}), isAsk},
		"while it asks for a sound": {with(func(s *mixer.Spec) { s.Music = []mixer.Music{{Name: "a", Asset: "s"}} }), isAsk},
		"while it mixes":            {with(func(*mixer.Spec) {}), isEvent(mixer.OutputChanged)},
		"while it stops": {func(t *testing.T, b *boss) {
			with(func(*mixer.Spec) {})(t, b)
			b.await("Ready", isReady)
			b.say(wire.Message{Stop: &wire.Stop{Within: time.Hour}}, nil)
		}, nil},
		"while a change asks for a picture": {func(t *testing.T, b *boss) {
			spec := smallSpec(t)
			b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
			b.await("Ready", isReady)
			spec.Revision, spec.Participants = 2, []mixer.Participant{{Name: "a", URL: "rtmp://127.0.0.1:1/live/x", Placeholder: "p"}}
			b.say(wire.Message{Apply: &wire.Apply{Spec: spec}}, nil)
		}, isAsk},
	} {
		t.Run(name, func(t *testing.T) {
			b := hire(t)
			c.begin(t, b)
			if c.until != nil {
				b.await("the moment", c.until)
			}
			b.conn.Close()
			if err := b.over(); !errors.Is(err, ErrOrphan) && (err != nil || name != "while it stops") {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestWorkersTakeNoNonsense(t *testing.T) {
	started := func(t *testing.T, b *boss) {
		b.say(wire.Message{Start: &wire.Start{Spec: smallSpec(t)}}, nil)
		b.await("Ready", isReady)
	}
	for name, say := range map[string]func(*testing.T, *boss){
		"nothing first":     func(_ *testing.T, b *boss) { b.say(wire.Message{}, nil) },
		"Apply first":       func(_ *testing.T, b *boss) { b.say(wire.Message{Apply: &wire.Apply{}}, nil) },
		"a worker's words":  func(t *testing.T, b *boss) { started(t, b); b.say(wire.Message{Ready: &wire.Result{}}, nil) },
		"a second Start":    func(t *testing.T, b *boss) { started(t, b); b.say(wire.Message{Start: &wire.Start{}}, nil) },
		"nothing afterward": func(t *testing.T, b *boss) { started(t, b); b.say(wire.Message{}, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			b := hire(t)
			say(t, b)
			if err := b.over(); !errors.Is(err, wire.ErrFrame) {
				t.Error(err)
			}
		})
	}
}

func TestABadSpecIsRefused(t *testing.T) {
	b := hire(t)
	spec := smallSpec(t)
	spec.Video.Width = 161
	b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
	if r := b.await("Ready", isReady).Ready; r.Error == "" {
		t.Error("an odd width is taken")
	}
	if err := b.over(); err != nil {
		t.Error(err)
	}
}

func TestCheckKeepsTheKindOfAnError(t *testing.T) {
	good := wavFile(t, 2)
	for name, c := range map[string]struct {
		check      wire.Check
		want       error
		unreadable bool
	}{
		"good":      {check: wire.Check{Path: good}},
		"no media":  {check: wire.Check{Path: "/proc/self/maps"}, want: decode.ErrNotMedia},
		"too large": {check: wire.Check{Path: good, Bytes: 100}, want: decode.ErrSoundTooLarge},
		"too long":  {check: wire.Check{Path: good, Duration: time.Second}, want: decode.ErrSoundTooLong},
		"missing":   {check: wire.Check{Path: good + "x"}, unreadable: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := hire(t)
			b.say(wire.Message{Check: &c.check}, nil)
			got := b.await("Checked", func(m wire.Message) bool { return m.Checked != nil }).Checked
			if wire.SoundErrors[got.Kind] != c.want || got.Unreadable != c.unreadable || (got.Error == "") != (c.want == nil && !c.unreadable) {
				t.Errorf("%+v", got)
			}
			if c.want == nil && !c.unreadable && (got.Info.Frames != 96_000 || got.Info.Format != "wav") {
				t.Errorf("%+v", got.Info)
			}
			if err := b.over(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheLogGoesToTheSupervisor(t *testing.T) {
	b := hire(t)
	spec := smallSpec(t)
	spec.Outputs[0].URL += "?token=SECRET"
	b.say(wire.Message{Start: &wire.Start{Spec: spec}}, nil)
	line := b.await("a line about the output", func(m wire.Message) bool { return strings.Contains(string(m.Log), "output is live") }).Log
	var fields map[string]any
	if err := json.Unmarshal(line, &fields); err != nil || fields["level"] != "INFO" || fields["output"] != "cdn" {
		t.Errorf("%s: %v", line, err)
	}
	if strings.Contains(string(line), "SECRET") {
		t.Errorf("%s", line)
	}
}
