package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/mixer"
)

// exchange sends a message and returns what arrives.
func exchange(t interface {
	Helper()
	Fatal(...any)
}, from, to *Conn, m Message, payload []byte) (Message, []byte) {
	t.Helper()
	sent := make(chan error, 1)
	go func() { sent <- from.Send(m, payload) }()
	got, data, err := to.Receive()
	if err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return got, data
}

// Each field of a Message arrives as it was sent, alone and with a payload.
func TestEveryMessageArrives(t *testing.T) {
	a, b := socketPair(t)
	from, to := New(a, time.Second), New(b, 0)
	event := mixer.Event{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), At: time.Hour + 1, Kind: mixer.SourceChanged, Revision: 1 << 62,
		Name: "安娜 Zoë", Source: mixer.Refused, Output: mixer.OutputClosed, Music: mixer.MusicFailed, Load: mixer.LoadHalfRate, Reason: "<&>\u2028\"",
	}
	meters := mixer.Meters{At: 3, Sources: []mixer.SourceMeter{{Name: "a", RMSDB: -120, PeakDB: -0.1, LUFS: -23.25, Speaking: true}}, Master: mixer.MasterMeter{TruePeakDB: 0.5}}
	stats := mixer.Stats{
		At: 1, Revision: 2, Ticks: mixer.TickStats{Frames: 3}, Sources: []mixer.SourceStats{{Name: "a", Drops: mixer.Drops{Overflow: 4}, DriftPPM: -0.5}},
		Outputs: []mixer.OutputStats{{Name: "o", BytesSent: 1 << 40}}, Main: "a", Music: []mixer.MusicStats{{Name: "m", Reason: "r"}},
		Resources: mixer.Resources{CPU: 5, Memory: 6, Load: mixer.LoadLessEncoding},
	}
	messages := map[string]Message{
		"Start": {Start: &Start{Spec: mixer.Spec{ID: "x"}, Base: 5, Limits: Limits{Memory: 1 << 40, Files: 9}, Policy: json.RawMessage(`{"a":[1,2]}`)}},
		"Check": {Check: &Check{Path: "/tmp/ä", Bytes: 1, Duration: 2, Limits: Limits{Files: 3}}},
		"Apply": {Apply: &Apply{Spec: mixer.Spec{Revision: 7}}}, "Meter": {Meter: &Meter{For: 8}},
		"Answer": {Answer: &Answer{ID: 9, Path: "/p", Error: "e"}}, "Stop": {Stop: &Stop{Within: 10}},
		"Ready": {Ready: &Result{}}, "Applied": {Applied: &Result{Error: "no"}},
		"Ask": {Ask: &Ask{ID: 11, Picture: "p@1", Sound: "s"}}, "Release": {Release: &Release{ID: 12}},
		"Event": {Event: &event}, "Pulse": {Pulse: &Pulse{At: 13, Stats: stats, Meters: meters, LostLines: 14}},
		"Levels": {Levels: &meters}, "Log": {Log: json.RawMessage(`{"msg":"m","n":1}`)},
		"Checked": {Checked: &Checked{Info: decode.SoundInfo{Format: "mp3", Frames: 5, Title: "題"}, Kind: 3, Unreadable: true, Error: "x"}},
		"Ended":   {Ended: &Result{Error: "broke"}},
	}
	kinds := reflect.TypeFor[Message]()
	for i := range kinds.NumField() {
		name := kinds.Field(i).Name
		want, ok := messages[name]
		if !ok {
			t.Errorf("%s is not tested", name)
			continue
		}
		if reflect.ValueOf(want).Field(i).IsZero() {
			t.Errorf("%s is not set", name)
		}
		for _, payload := range [][]byte{nil, {0}, bytes.Repeat([]byte{1, 2, 3}, 100_000)} {
			got, data := exchange(t, from, to, want, payload)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s arrives as %+v", name, got)
			}
			if !bytes.Equal(data, payload) {
				t.Errorf("%s: a payload of %d bytes arrives as one of %d", name, len(payload), len(data))
			}
		}
	}
}

// Whatever a spec holds, the worker gets the same.
func TestSpecsArriveWhole(t *testing.T) {
	a, b := socketPair(t)
	from, to := New(a, time.Second), New(b, 0)
	rapid.Check(t, func(t *rapid.T) {
		want := drawSpec(t)
		got, _ := exchange(t, from, to, Message{Apply: &Apply{Spec: want}}, nil)
		if got.Apply == nil || !reflect.DeepEqual(got.Apply.Spec, want) {
			t.Fatalf("sent    %+v\narrived %+v", want, got.Apply)
		}
	})
}

// zeroes and missing things are told apart: a transition of 0 is a cut, none is the
// template's.
func TestZeroesAreNotMissing(t *testing.T) {
	a, b := socketPair(t)
	from, to := New(a, time.Second), New(b, 0)
	var none time.Duration
	var z int
	var fade uint8
	var fit layout.Fit
	for _, l := range []mixer.LayoutSpec{
		{}, {Transition: &none}, {Custom: &layout.Template{}},
		{Overrides: []layout.Override{{Participant: "a", X: &layout.Length{}, Z: &z, Fit: &fit, Radius: new(float64), Border: &layout.Border{}, Label: &layout.Label{}, Fade: &fade}}},
		{Overrides: []layout.Override{{}}},
	} {
		got, _ := exchange(t, from, to, Message{Start: &Start{Spec: mixer.Spec{Layout: l}}}, nil)
		if !reflect.DeepEqual(got.Start.Spec.Layout, l) {
			t.Errorf("%+v arrives as %+v", l, got.Start.Spec.Layout)
		}
	}
}

// drawSpec returns a spec in which anything may be set, by the types alone: a field that
// is new is tested too.
func drawSpec(t *rapid.T) mixer.Spec {
	var spec mixer.Spec
	fill(t, reflect.ValueOf(&spec).Elem(), "Spec")
	return spec
}

// fill sets v to anything.
func fill(t *rapid.T, v reflect.Value, name string) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if rapid.Bool().Draw(t, name) {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, name), rapid.Int64Range(0, 1e9-1).Draw(t, name)).UTC()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), name+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, name+" is set") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), name)
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 2).Draw(t, name+" has"); n > 0 { // an empty one is nil
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i), name)
			}
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom([]string{"", "安娜", "Zoë\u2028<&>", "\x00\x1b[2J", "😀"}), rapid.String()).Draw(t, name))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, name))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, name))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Uint8().Draw(t, name)))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, name))
	default:
		t.Fatalf("%s is a %v: say how to make one", name, v.Type())
	}
}
