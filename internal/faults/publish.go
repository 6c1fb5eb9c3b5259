package faults

import (
	"context"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// Publish sends packets to u in real time by their DTS, round after round, until ctx
// ends; it connects again when the connection breaks. A round is so long. change may make
// anything of a packet that is due at a time since the start, or leave it out by
// returning false; nil changes nothing. The first two packets are the configurations of
// picture and sound.
func Publish(ctx context.Context, u rtmp.URL, packets []media.Packet, round time.Duration, change func(at time.Duration, p *media.Packet) bool) {
	p := rtmp.NewPusher(rtmp.PushConfig{
		URL: u, Backoff: rtmp.Backoff{Min: 20 * time.Millisecond, Max: 50 * time.Millisecond},
		Header: rtmp.Header{VideoConfig: packets[0].Data, AudioConfig: packets[1].Data},
	}, deaf{})
	defer func() {
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(gone) // without patience
	}()
	if packets[0].Codec != media.CodecH264 {
		p.Write(packets[0])
	}
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for start := time.Duration(0); ; start += round {
		for _, pkt := range packets[2:] {
			at := start + pkt.DTS
			pkt.DTS += start
			pkt.PTS += start
			timer.Reset(at - time.Since(began))
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
			if change == nil || change(at, &pkt) {
				p.Write(pkt)
			}
		}
	}
}

// deaf wants to hear nothing of a connection.
type deaf struct{}

func (deaf) PushConnected()                        {}
func (deaf) PushDisconnected(error, time.Duration) {}
func (deaf) PushKeyFrameWanted()                   {}
