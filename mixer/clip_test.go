package mixer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/internal/peers"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

// guest describes a synthetic participant's stream. Its pictures and its sound say
// the time of their stamps.
type guest struct {
	number   int
	w, h     int // of the picture; 160×200 if zero
	fps      int // 15 if zero
	from, to time.Duration
	blind    bool // no pictures
	dumb     bool // no sound
	still    bool // pictures are all the first one
	hushed   bool // sound is silence
	preset   string
	gop      time.Duration // 1 s if zero
	rate     int           // of the sound, in Hz; 48 000 if zero
	stereo   bool
}

func (g guest) withDefaults() guest {
	if g.w == 0 {
		g.w, g.h = 160, 200
	}
	if g.fps == 0 {
		g.fps = 15
	}
	if g.preset == "" {
		g.preset = "ultrafast"
	}
	if g.gop == 0 {
		g.gop = time.Second
	}
	if g.rate == 0 {
		g.rate = media.SampleRate
	}
	return g
}

// streams remembers what stream made: encoding is what these tests take longest for.
var streams sync.Map // of guest to []media.Packet

// stream returns the guest's packets in the order of their DTS, the configurations
// first. The slice is the caller's.
func (g guest) stream(t testing.TB) []media.Packet {
	t.Helper()
	g = g.withDefaults()
	made, ok := streams.Load(g)
	if !ok {
		made, _ = streams.LoadOrStore(g, g.encode(t))
	}
	return slices.Clone(made.([]media.Packet))
}

func (g guest) encode(t testing.TB) []media.Packet {
	t.Helper()
	var heads, packets []media.Packet
	if !g.blind {
		config, video := g.pictures(t)
		heads = append(heads, media.Packet{Kind: media.Video, Codec: media.CodecH264, Config: true, Key: true, Data: config})
		packets = append(packets, video...)
	}
	if !g.dumb {
		config, sound := g.sound(t)
		heads = append(heads, media.Packet{Kind: media.Audio, Codec: media.CodecAAC, Config: true, Key: true, Data: config})
		packets = append(packets, sound...)
	}
	slices.SortStableFunc(packets, func(a, b media.Packet) int { return cmp.Compare(a.DTS, b.DTS) })
	return append(heads, packets...)
}

func (g guest) pictures(t testing.TB) (config []byte, packets []media.Packet) {
	t.Helper()
	p, err := pattern.NewParticipant(g.number, g.w, g.h)
	if err != nil {
		t.Fatal(err)
	}
	rate := media.FPS(g.fps)
	v, err := encode.NewVideo(encode.VideoConfig{Width: g.w, Height: g.h, FrameRate: rate, Bitrate: 800_000, Preset: g.preset, GOP: g.gop})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	f, err := media.NewFrame(g.w, g.h)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Free()
	for n := int64(0); g.from+rate.Time(n) < g.to; n++ {
		if err := p.Draw(f, g.clock(rate.Time(n))); err != nil {
			t.Fatal(err)
		}
		err := v.Encode(f, n, false, func(p media.Packet) {
			p.DTS += g.from
			p.PTS += g.from
			packets = append(packets, p)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return v.Config(), packets
}

// clock returns what the picture shows at a time of the stream.
func (g guest) clock(at time.Duration) time.Duration {
	if g.still {
		return g.from
	}
	return g.from + at
}

func (g guest) sound(t testing.TB) (config []byte, packets []media.Packet) {
	t.Helper()
	voice, err := pattern.NewVoice(g.number, g.rate)
	if err != nil {
		t.Fatal(err)
	}
	channels := 1
	if g.stereo {
		channels = 2
	}
	a, err := encode.NewAudio(encode.AudioConfig{SampleRate: g.rate, Channels: channels, Bitrate: min(64_000, 2*g.rate)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	emit := func(p media.Packet) {
		p.DTS += g.from
		p.PTS += g.from
		packets = append(packets, p)
	}
	pcm := make([]float32, a.FrameSize()*channels)
	first, end := int64(g.from.Seconds()*float64(g.rate)+0.5), int64(g.to.Seconds()*float64(g.rate)+0.5)
	for at := first; at < end; at += int64(a.FrameSize()) {
		if !g.hushed {
			voice.Fill(pcm, channels, at)
		}
		if err := a.Encode(pcm, emit); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Flush(emit); err != nil {
		t.Fatal(err)
	}
	return a.Config(), packets
}

// file writes the guest's stream, which must have both kinds, into a file.
func (g guest) file(t testing.TB, name string) string {
	t.Helper()
	g = g.withDefaults()
	packets := g.stream(t)
	path := filepath.Join(t.TempDir(), name)
	f, err := encode.CreateFile(path, encode.FileConfig{
		Width: g.w, Height: g.h, FrameRate: media.FPS(g.fps), VideoConfig: packets[0].Data, AudioConfig: packets[1].Data,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets[2:] {
		if err := f.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// script is a Feed of packets that are there from the start.
type script struct {
	packets []media.Packet
	closed  chan struct{}
	stay    bool // at the end wait for ctx, as a live source would
}

func newScript(packets ...media.Packet) *script {
	return &script{packets: packets, closed: make(chan struct{})}
}

func (f *script) Run(ctx context.Context, sink rtmp.PullHandler) error {
	sink.PullConnected()
	for _, p := range f.packets {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		sink.PullPacket(p)
	}
	if f.stay {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (f *script) Close() { close(f.closed) }

// errSink is what a tape that fails says.
var errSink = errors.New("the destination is full")

// tape is a Sink that keeps everything.
type tape struct {
	header  Header
	packets []media.Packet
	report  func(OutputState, string)
	failAt  int // fails from that packet on; 0 for never
	failed  bool
	closed  chan struct{}
}

func (s *tape) Write(p media.Packet) {
	if s.failAt > 0 && len(s.packets) >= s.failAt {
		if !s.failed {
			s.failed = true
			s.report(OutputLost, errSink.Error())
		}
		return
	}
	s.packets = append(s.packets, p)
}

func (s *tape) Stats() OutputStats { return OutputStats{} }

func (s *tape) Close(context.Context) error {
	close(s.closed)
	if s.failed {
		return errSink
	}
	return nil
}

// recoded returns the guest's stream as the ffmpeg command makes it with args for the
// picture; its sound stays. Stamps are whole milliseconds, as on the wire.
func (g guest) recoded(t testing.TB, container string, args ...string) (packets []media.Packet) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "recoded."+container)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	args = append([]string{"-i", g.file(t, "plain.mp4"), "-c:a", "copy"}, args...)
	p := peers.FFmpeg(t, append(args, out)...)
	switch err := p.Wait(ctx); {
	case err != nil && strings.Contains(p.Stderr(), "Unknown encoder"):
		t.Skipf("this ffmpeg command lacks an encoder: %s", p.Stderr())
	case err != nil:
		t.Fatalf("ffmpeg: %v\n%s", err, p.Stderr())
	}
	f, err := decode.OpenFile(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		p, err := f.Read()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		p.DTS, p.PTS = p.DTS.Round(time.Millisecond), p.PTS.Round(time.Millisecond)
		packets = append(packets, p)
	}
}
