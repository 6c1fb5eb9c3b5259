package rtmp

import (
	"context"
	"fmt"

	"github.com/lianmai/lianmai/media"
)

// send writes packets until the connection ends, or until Close and the queue is
// empty: then it takes leave and returns nil. heard is closed when the server has
// closed its side.
func (p *Pusher) send(ctx context.Context, c *client, heard <-chan struct{}) error {
	s := &sender{c: c, header: p.cfg.Header}
	for ctx.Err() == nil {
		switch next := p.queue.pop(); {
		case next.ok:
			if err := s.send(next); err != nil {
				return err
			}
		case next.drained:
			return leave(ctx, c, heard)
		default:
			if next.wantKey {
				p.h.PushKeyFrameWanted()
			}
			select {
			case <-p.queue.wake:
			case <-ctx.Done():
			}
		}
	}
	return context.Cause(ctx)
}

// leave says good-bye and waits a moment for the server to close, so that it
// surely has read everything.
func leave(ctx context.Context, c *client, heard <-chan struct{}) error {
	if err := c.unpublish(); err != nil {
		return err
	}
	c.linger(ctx, heard)
	return nil
}

// sender writes packets to one connection.
type sender struct {
	c      *client
	header Header
	begun  bool // the metadata is out
}

// send writes a packet, and before it what is owed: on a new connection the
// metadata, and configurations. They carry the packet's timestamp, so that no chunk
// has to bridge the hours since zero.
func (s *sender) send(next popped) error {
	if !s.begun {
		s.begun = true
		if err := s.metadata(next); err != nil {
			return err
		}
	}
	for _, config := range next.owed {
		if len(config.Data) == 0 || next.packet.Config && next.packet.Kind == config.Kind {
			continue // none, or a newer one follows
		}
		config.DTS, config.PTS = next.packet.DTS, next.packet.DTS
		if err := s.write(config); err != nil {
			return err
		}
	}
	return s.write(next.packet)
}

func (s *sender) write(p media.Packet) error {
	m, err := mediaMessage(p, s.c.stream)
	if err != nil {
		return err
	}
	return s.c.write(m)
}

func (s *sender) metadata(next popped) error {
	body, err := metadata(s.header, next.owed[media.Video].Data, next.owed[media.Audio].Data).Marshal()
	if err != nil {
		return fmt.Errorf("rtmp: encoding metadata: %w", err)
	}
	return s.c.write(&message{
		ChunkStreamID: chunkData, Type: typeDataAMF0, MessageStreamID: s.c.stream,
		Timestamp: milliseconds(next.packet.DTS), Body: body,
	})
}
