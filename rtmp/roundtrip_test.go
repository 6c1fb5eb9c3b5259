package rtmp

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/lianmai/lianmai/media"
)

func equalPackets(t *testing.T, got, want []media.Packet) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d packets, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if g.Kind != w.Kind || g.Codec != w.Codec || g.Config != w.Config || g.Key != w.Key || g.DTS != w.DTS || g.PTS != w.PTS || !bytes.Equal(g.Data, w.Data) {
			t.Errorf("packet %d:\n got %+v\nwant %+v", i, g, w)
		}
	}
}

func configPackets(at time.Duration) []media.Packet {
	return []media.Packet{
		{Kind: media.Video, Codec: media.CodecH264, Config: true, Key: true, DTS: at, PTS: at, Data: testHeader.VideoConfig},
		{Kind: media.Audio, Codec: media.CodecAAC, Config: true, Key: true, DTS: at, PTS: at, Data: testHeader.AudioConfig},
	}
}

// pushed pushes packets to an origin and returns what a player that was there before gets.
func pushed(t *testing.T, packets []media.Packet) []media.Packet {
	t.Helper()
	o := startOrigin(t, OriginConfig{})
	u := o.url(t, "live/x")
	in, _ := startPull(t, PullConfig{URL: u})
	in.wait(t, "play", func() bool { return in.connects == 1 })
	push, out := startPush(t, PushConfig{URL: u})
	out.wait(t, "a key frame to be wanted", func() bool { return out.wanted == 1 })
	for _, p := range packets {
		push.Write(p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := push.Close(ctx); err != nil {
		t.Fatal(err)
	}
	in.waitError(t, ErrEnded)
	if s := push.Stats(); s.State != PushClosed || s.BytesSent < int64(len(packets)) || s.DroppedPackets != 0 || s.Queue != 0 {
		t.Errorf("stats: %+v", s)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.packets
}

func TestRoundTripKeepsEveryPacket(t *testing.T) {
	var sent []media.Packet
	for n := range 60 {
		sent = append(sent, video(n, 8+n*2000), audio(n)) // over several chunks in the end
	}
	sent[4].PTS = sent[4].DTS - 80*time.Millisecond // composition time is signed
	equalPackets(t, pushed(t, sent), append(configPackets(0), sent...))
}

func TestRoundTripBeyondExtendedTimestamps(t *testing.T) {
	// 16 777 215 ms is where the chunk header needs its extension; each key frame
	// takes several chunks, which repeat it.
	for _, start := range []time.Duration{16_777_215*time.Millisecond - time.Second, 5 * time.Hour, 49 * 24 * time.Hour} {
		var sent []media.Packet
		for n := range 60 {
			size := 100
			if n%25 == 0 {
				size = 3 * ourChunkSize
			}
			for _, p := range []media.Packet{video(n, size), audio(n)} {
				p.DTS, p.PTS = p.DTS+start, p.PTS+start
				sent = append(sent, p)
			}
		}
		equalPackets(t, pushed(t, sent), append(configPackets(sent[0].DTS), sent...))
	}
}

func TestTimestampsWrapAt32Bits(t *testing.T) {
	const wrap = 1 << 32 * time.Millisecond
	var sent, want []media.Packet
	for n := range 50 {
		p := video(n, 20)
		p.DTS, p.PTS = p.DTS+wrap-time.Second, p.PTS+wrap-time.Second
		sent = append(sent, p)
		if p.DTS >= wrap {
			p.DTS, p.PTS = p.DTS-wrap, p.PTS-wrap
		}
		want = append(want, p)
	}
	equalPackets(t, pushed(t, sent), append(configPackets(wrap-time.Second), want...))
}

func TestConfigurationInMidStreamPassesOn(t *testing.T) {
	config := video(25, 40)
	config.Config, config.Key, config.PTS = true, true, config.DTS
	sent := []media.Packet{video(0, 10), video(1, 10), config, video(25, 10), video(26, 10)}
	equalPackets(t, pushed(t, sent), append(configPackets(0), sent...))
}

func TestHEVCRoundTrip(t *testing.T) {
	config, frame, next := video(0, 40), video(0, 100), video(1, 100)
	config.Config, config.Key, config.PTS = true, true, config.DTS
	for _, p := range []*media.Packet{&config, &frame, &next} {
		p.Codec = media.CodecHEVC
	}
	next.PTS = next.DTS - 40*time.Millisecond
	sent := []media.Packet{config, frame, next}
	// The configuration takes the place of the header's.
	equalPackets(t, pushed(t, sent), []media.Packet{config, configPackets(0)[1], frame, next})
}
