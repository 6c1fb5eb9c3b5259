package mixer

import (
	"context"
	"encoding/binary"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
)

// piece is a piece of music whose every sample is unlike its neighbours: noise, so that
// a place in it can be told to the sample.
func piece(frames int) []float32 {
	random := rand.New(rand.NewPCG(1, 2))
	pcm := make([]float32, frames*media.Channels)
	for i := range pcm {
		pcm[i] = float32(random.Float64()-.5) * .2
	}
	return pcm
}

// tone is a piece of n whole periods of a sine.
func tone(frames, periods int) []float32 {
	pcm := make([]float32, frames*media.Channels)
	for i := range frames {
		v := float32(.1 * math.Sin(2*math.Pi*float64(periods)*float64(i)/float64(frames)))
		pcm[2*i], pcm[2*i+1] = v, v
	}
	return pcm
}

// wav writes pcm as a WAV file of float32 at 48 kHz and returns its path.
func wav(t *testing.T, pcm []float32) string {
	t.Helper()
	size := uint32(4 * len(pcm))
	var b []byte
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, 36+size)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	for _, v := range []uint16{3, media.Channels} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = binary.LittleEndian.AppendUint32(b, media.SampleRate)
	b = binary.LittleEndian.AppendUint32(b, media.SampleRate*4*media.Channels)
	for _, v := range []uint16{4 * media.Channels, 32} {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, size)
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	path := filepath.Join(t.TempDir(), "piece.wav")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// deck is a player alone in a mix, on a clock of its own.
type deck struct {
	t      *testing.T
	mix    *audio.Mixer
	player *player
	at     int64
	out    []float32
	states []MusicState
}

const blockFrames = 1024

func newDeck(t *testing.T, path string) *deck {
	t.Helper()
	liveAtStart(t)
	d := &deck{t: t, mix: audio.New()}
	track := d.mix.Add("song")
	track.SetMusic(true)
	d.player = newPlayer("song", track, false, func(context.Context) (string, func(), error) { return path, func() {}, nil }, slog.New(slog.DiscardHandler))
	d.player.tell = func(s MusicState, _ string) { d.states = append(d.states, s) }
	if err := d.player.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.player.close)
	return d
}

// run mixes so many blocks.
func (d *deck) run(blocks int) {
	for range blocks {
		pcm := make([]float32, blockFrames*media.Channels)
		d.player.advance(d.at, false)
		d.mix.MixInto(d.at, pcm)
		d.at += blockFrames
		d.out = append(d.out, pcm...)
	}
}

// edgeFrames is what a fade may change at either end, in frames: 5 ms and a little.
const edgeFrames = 260

// is fails the test unless the output from session frame from to session frame to is the
// piece from a frame on, to the bit.
func (d *deck) is(from, to int64, pcm []float32, frame int64) {
	d.t.Helper()
	for f := from; f < to; f++ {
		at := frame + f - from
		for c := range int64(media.Channels) {
			if got, want := d.out[f*media.Channels+c], pcm[at*media.Channels+c]; got != want {
				d.t.Fatalf("session frame %d holds %v, want frame %d of the piece, %v", f, got, at, want)
			}
		}
	}
}

// silent fails the test unless there is silence.
func (d *deck) silent(from, to int64) {
	d.t.Helper()
	for i := from * media.Channels; i < to*media.Channels; i++ {
		if d.out[i] != 0 {
			d.t.Fatalf("session frame %d is not silent", i/media.Channels)
		}
	}
}

func TestMusicIsSampleExact(t *testing.T) {
	pcm := piece(200_000)
	d := newDeck(t, wav(t, pcm))
	d.player.do(order{seek: true, plays: 1, play: true})
	d.run(20)
	d.is(edgeFrames, 19*blockFrames, pcm, edgeFrames)

	// A seek: the new place begins playerLead after what has been mixed.
	const to = 123_457
	d.player.do(order{seek: true, piece: to, plays: 1, play: true})
	sought := d.at + playerLead
	d.run(20)
	d.is(19*blockFrames, sought-edgeFrames, pcm, 19*blockFrames)
	d.is(sought+2*edgeFrames, d.at-audio.Lead, pcm, to+2*edgeFrames)

	// A pause holds the place; going on, no sample is missing.
	d.player.do(order{})
	held := d.at + playerLead
	d.run(30)
	d.silent(held+edgeFrames, d.at-audio.Lead)
	if got, want := d.player.stats().Position, media.SampleTime(to+held-sought); got != want {
		t.Errorf("paused at %v, want %v", got, want)
	}
	d.player.do(order{play: true})
	resumed := d.at + playerLead
	d.run(10)
	d.is(resumed+edgeFrames, d.at-audio.Lead, pcm, to+held-sought+edgeFrames)
	if want := []MusicState{MusicPlaying, MusicPlaying, MusicPaused, MusicPlaying}; !slices.Equal(d.states, want) {
		t.Errorf("states %v, want %v", d.states, want)
	}
}

// A loop has no gap: the last frame is followed by the first.
func TestMusicLoopsWithoutAGap(t *testing.T) {
	const length, periods = 30_011, 150
	pcm := tone(length, periods)
	d := newDeck(t, wav(t, pcm))
	d.player.do(order{seek: true, piece: 1000, plays: 3, play: true})
	d.run(100)
	end := int64(3*length - 1000)
	natural := 0.1 * 2 * math.Pi * periods / length
	for f := int64(1); f < end-edgeFrames; f++ {
		if step := math.Abs(float64(d.out[2*f] - d.out[2*f-2])); step > 1.1*natural {
			t.Fatalf("a step of %.5f at session frame %d, %d frames into the piece; natural are %.5f", step, f, (f+1000)%length, natural)
		}
	}
	d.silent(end+edgeFrames, d.at-audio.Lead)
	st := d.player.stats()
	if st.State != MusicEnded || st.Played != 3 || st.Position != st.Duration || st.Duration != media.SampleTime(length) {
		t.Errorf("at the end: %+v", st)
	}
	if want := []MusicState{MusicPlaying, MusicEnded}; !slices.Equal(d.states, want) {
		t.Errorf("states %v, want %v", d.states, want)
	}
	// It can be played again.
	d.player.do(order{seek: true, plays: 1, play: true})
	again := d.at + playerLead
	d.run(20)
	d.is(again+edgeFrames, d.at-audio.Lead, pcm, edgeFrames)
}

func TestMusicForEverAndBeyondTheEnd(t *testing.T) {
	pcm := piece(20_000)
	d := newDeck(t, wav(t, pcm))
	d.player.do(order{seek: true, piece: 3*20_000 + 500, plays: -1, play: true}) // as after a restart
	d.run(100)
	d.is(edgeFrames, 10_000, pcm, 500+edgeFrames)
	if st := d.player.stats(); st.State != MusicPlaying || st.Played < 4 {
		t.Errorf("for ever: %+v", st)
	}
	d.player.do(order{seek: true, piece: 50_000, plays: 2, play: true}) // two plays end before that
	d.run(5)
	if st := d.player.stats(); st.State != MusicEnded {
		t.Errorf("beyond the end: %+v", st)
	}
}

// A file that breaks in the middle ends its track with a word; the mix goes on.
func TestMusicThatBreaksEndsItsTrack(t *testing.T) {
	path := wav(t, piece(100_000))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDeck(t, path)
	d.player.do(order{seek: true, plays: 1, play: true})
	d.run(100)
	st := d.player.stats()
	if st.State != MusicFailed && st.State != MusicEnded || st.State == MusicFailed && st.Reason == "" {
		t.Errorf("a broken file: %+v", st)
	}
	d.silent(60_000, d.at-audio.Lead)
}

// Through a whole session: a bed and an effect, ducking under a talker, a fade out.
func TestMusicInAMix(t *testing.T) {
	const d = 6 * time.Second
	bed := wav(t, tone(media.SampleRate, 440))
	st := newTheatre(t, d,
		newScript(guest{number: 1, to: d + time.Second, dumb: true}.stream(t)...),
		newScript(guest{number: 2, to: d + time.Second}.talk(t, [2]time.Duration{2 * time.Second, 3 * time.Second})...))
	st.spec.Music = []Music{{Name: "bed", Path: bed, Plays: -1, Cue: 1}}
	st.at = []cue{{4500 * ms, func(s *Session, _ Spec) {
		st.apply(s, func(spec *Spec) {
			spec.Music = slices.Clone(spec.Music)
			spec.Music[0].FadeOut = 500 * ms
			spec.Music[0].Paused, spec.Music[0].Cue = true, 1
		})
	}}}
	tape := st.play()
	tape.cadence(t, d)
	pcm := tape.sound(t)
	level := func(from, to time.Duration) float64 {
		n := 0.
		part := pcm[media.SampleIndex(from):media.SampleIndex(to)]
		// The share of 440 Hz.
		var re, im float64
		for i, v := range part {
			a := 2 * math.Pi * 440 * float64(i) / media.SampleRate
			re, im, n = re+float64(v)*math.Cos(a), im+float64(v)*math.Sin(a), n+1
		}
		return 20 * math.Log10(2*math.Hypot(re, im)/n)
	}
	for _, tt := range []struct {
		what     string
		from, to time.Duration
		want     float64
	}{
		{"alone", time.Second, 1900 * ms, -20},
		{"under speech", 2300 * ms, 2900 * ms, -32},
		{"after speech", 3900 * ms, 4400 * ms, -20},
		{"paused", 5300 * ms, 5900 * ms, -100},
	} {
		if got := level(tt.from, tt.to); math.Abs(got-tt.want) > 1 && !(tt.want < -90 && got < -60) {
			t.Errorf("the bed has %.1f dBFS %s, want %.0f", got, tt.what, tt.want)
		}
	}
	var told []MusicState
	for _, e := range st.told(MusicChanged) {
		told = append(told, e.Music)
	}
	if !slices.Equal(told, []MusicState{MusicPlaying, MusicPaused}) {
		t.Errorf("events %v", told)
	}
	if m := st.s.Stats().Music; len(m) != 1 || m[0].State != MusicPaused || m[0].Duration != time.Second {
		t.Errorf("stats %+v", m)
	}
	if meters := st.s.Meters(); len(meters.Sources) != 2 || meters.Master.Integrated > -15 || meters.Master.Integrated < -40 {
		t.Errorf("meters %+v", meters)
	}
}

// On a live clock the file is opened and decoded beside the ticks; what cannot be opened
// is told, and the mix goes on.
func TestLiveMusic(t *testing.T) {
	st := newTheatre(t, 1500*ms)
	st.opts.Clock = NewWallClock()
	st.spec.Music = []Music{
		{Name: "bed", Path: wav(t, tone(media.SampleRate, 440)), Plays: -1},
		{Name: "gone", Path: "/nowhere/song.mp3"},
	}
	s := st.start()
	<-s.Done()
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	pcm := st.tapes["tape"].sound(t)
	heard := 0
	for _, v := range pcm[media.SampleIndex(500*ms):media.SampleIndex(1400*ms)] {
		if math.Abs(float64(v)) > .05 {
			heard++
		}
	}
	if share := float64(heard) / float64(media.SampleIndex(900*ms)); share < .5 {
		t.Errorf("the bed is heard in %.0f %% of the samples", 100*share)
	}
	states := map[string][]MusicState{}
	for _, e := range st.told(MusicChanged) {
		states[e.Name] = append(states[e.Name], e.Music)
	}
	if !slices.Equal(states["bed"], []MusicState{MusicPlaying}) || !slices.Equal(states["gone"], []MusicState{MusicFailed}) {
		t.Errorf("states %v", states)
	}
}

func TestMusicFadesOutWhenItIsTakenAway(t *testing.T) {
	const d = 3 * time.Second
	st := newTheatre(t, d, newScript(guest{number: 1, to: d + time.Second, dumb: true}.stream(t)...))
	st.spec.Music = []Music{{Name: "bed", Path: wav(t, tone(media.SampleRate, 440)), Plays: -1, FadeIn: 500 * ms, FadeOut: time.Second}}
	st.at = []cue{{time.Second, func(s *Session, _ Spec) { st.apply(s, func(spec *Spec) { spec.Music = nil }) }}}
	pcm := st.play().sound(t)
	peak := func(from, to time.Duration) (peak float64) {
		for _, v := range pcm[media.SampleIndex(from):media.SampleIndex(to)] {
			peak = max(peak, math.Abs(float64(v)))
		}
		return peak
	}
	if early, whole := peak(100*ms, 150*ms), peak(700*ms, 900*ms); early > .05 || math.Abs(whole-.1) > .01 {
		t.Errorf("rises from %.3f to %.3f, want 0.1", early, whole)
	}
	if half, late := peak(1400*ms, 1600*ms), peak(2300*ms, 2900*ms); half > .09 || half < .01 || late > .001 {
		t.Errorf("falls over %.3f to %.4f", half, late)
	}
	if n := st.s.mix.Len(); n != 1 {
		t.Errorf("%d tracks are left", n)
	}
}

// A music bot's stream is heard, lowered and paused like a file, and nobody sees it.
func TestMusicFromAStream(t *testing.T) {
	const d = 4 * time.Second
	st := newTheatre(t, d, newScript(guest{number: 1, to: d + time.Second, dumb: true}.stream(t)...))
	bot := newScript(guest{number: 5, to: d + time.Second}.stream(t)...)
	st.feeds["bot"] = bot
	st.spec.Music = []Music{{Name: "bot", URL: "bot", GainDB: -6}}
	st.at = []cue{
		{2 * time.Second, func(s *Session, _ Spec) {
			st.apply(s, func(spec *Spec) {
				spec.Music = slices.Clone(spec.Music)
				spec.Music[0].Paused = true
			})
		}},
		{3 * time.Second, func(s *Session, _ Spec) { st.apply(s, func(spec *Spec) { spec.Music = nil }) }},
	}
	tape := st.play()
	pcm := tape.sound(t)
	if level := toneDB(pcm, 5, time.Second, 1900*ms); math.Abs(level-(pattern.ToneLevel-6)) > 1.5 {
		t.Errorf("the bot has %.1f dBFS, want %.1f", level, pattern.ToneLevel-6.)
	}
	if level := toneDB(pcm, 5, 2200*ms, 3900*ms); level > -80 {
		t.Errorf("paused the bot has %.1f dBFS", level)
	}
	for i, sh := range tape.shots(t) {
		if _, seen := sh.tiles[5]; seen {
			t.Fatalf("the bot is seen in picture %d", i)
		}
	}
	select {
	case <-bot.closed:
	default:
		t.Error("the bot's feed is still open")
	}
}

// A track that a call has just begun begins where it says; one that was found again after a
// restart is where it would be by now.
func TestMusicGoesOnAfterARestart(t *testing.T) {
	for name, tt := range map[string]struct {
		music    Music
		from, to time.Duration
	}{
		"no anchor":     {Music{Position: time.Second}, time.Second, time.Second},
		"just begun":    {Music{Position: time.Second, Anchor: time.Now()}, time.Second, time.Second},
		"found again":   {Music{Position: time.Second, Anchor: time.Now().Add(-time.Minute)}, 61 * time.Second, 62 * time.Second},
		"paused":        {Music{Position: time.Second, Anchor: time.Now().Add(-time.Minute), Paused: true}, time.Second, time.Second},
		"from tomorrow": {Music{Position: time.Second, Anchor: time.Now().Add(time.Hour)}, time.Second, time.Second},
	} {
		if got := tt.music.whereNow(); got < tt.from || got > tt.to {
			t.Errorf("%s: at %v, want %v to %v", name, got, tt.from, tt.to)
		}
	}
}

// syncBuffer is a text that several goroutines write.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// What is played in the middle of a live mix begins at its beginning, and in time.
func TestMusicInTheMiddleOfALiveMix(t *testing.T) {
	st := newTheatre(t, 2*time.Second)
	st.opts.Clock = NewWallClock()
	var logs syncBuffer
	st.opts.Log = slog.New(slog.NewTextHandler(&logs, nil))
	path := wav(t, tone(5*media.SampleRate, 2200))
	s := st.start()
	time.AfterFunc(700*ms, func() {
		next := st.cut(st.spec)
		next.Revision++
		next.Music = []Music{{Name: "bed", Path: path, Anchor: time.Now(), Cue: 1}}
		if err := s.Apply(next); err != nil {
			t.Errorf("Apply: %v", err)
		}
	})
	<-s.Done()
	told := st.told(MusicChanged)
	if len(told) != 1 || told[0].Reason != "from 0s" {
		t.Errorf("events %+v", told)
	}
	if text := logs.String(); strings.Contains(text, "late") {
		t.Errorf("the log says %s", text)
	}
	if m := s.Stats().Music; len(m) != 1 || m[0].Reason != "" || m[0].Position < 800*ms || m[0].Position > 1400*ms {
		t.Errorf("stats %+v", m)
	}
}
