package mixer

import (
	"errors"
	"io"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/media"
)

// What the owner of a player's file does: carry out orders and decode ahead.

// work carries out one order, or decodes one chunk.
func (p *player) work() {
	p.mu.Lock()
	var now *order
	if len(p.orders) > 0 {
		o := p.orders[0]
		p.orders = append(p.orders[:0], p.orders[1:]...)
		now = &o
	}
	mixed := p.mixed
	p.mu.Unlock()
	var err error
	if now != nil {
		err = p.obey(*now, mixed)
	} else {
		err = p.decode(mixed)
	}
	if err != nil {
		p.halt(err)
	}
}

// obey carries out an order when sound has been mixed up to a session frame.
func (p *player) obey(o order, mixed int64) error {
	from := mixed + playerLead
	if !p.live && mixed == 0 {
		from = 0 // nothing has been read yet
	}
	if !o.play {
		from += o.fade
	}
	piece := p.stand(from)
	if o.seek {
		piece, p.left, p.ended = o.piece, o.plays, false
		if o.plays > 0 {
			p.left--
		}
	}
	if p.running {
		p.track.Clear(from)
	}
	if p.length > 0 && p.left < 0 {
		piece %= p.length
	}
	for p.length > 0 && piece >= p.length && p.left > 0 {
		piece -= p.length
		p.left--
	}
	if err := p.sound.SeekTo(piece); err != nil {
		return err
	}
	p.running, p.next = o.play, from
	p.mu.Lock()
	p.spot = spot{session: from, piece: piece, moves: o.play}
	p.mu.Unlock()
	if !o.play {
		p.enter(MusicPaused, "at "+pieceTime(piece))
		return nil
	}
	if p.ended {
		return errEnded
	}
	p.enter(MusicPlaying, "from "+pieceTime(piece))
	return p.decode(mixed)
}

// pieceTime writes a frame of a piece as a time.
func pieceTime(frame int64) string { return media.SampleTime(frame).Round(time.Millisecond).String() }

// stand returns where in the piece session frame session is.
func (p *player) stand(session int64) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spot.at(session, p.length)
}

// at returns the frame of a piece of length that is heard at a session frame.
func (p spot) at(session, length int64) int64 {
	piece := p.piece
	if p.moves {
		if p.end > 0 {
			session = min(session, p.end)
		}
		piece += max(0, session-p.session)
	}
	if length > 0 && piece > length {
		piece = (piece-1)%length + 1 // the end of the last play is the length
	}
	return piece
}

// decode writes the next chunk of the piece, if it plays. A player that is late goes on
// where the piece is, a little later.
func (p *player) decode(mixed int64) error {
	if !p.running {
		return nil
	}
	if p.next < mixed+audio.Lead && mixed > 0 {
		late := mixed + playerLead - p.next
		p.log.Warn("music was late", "by", media.SampleTime(late))
		p.next += late
		p.mu.Lock()
		p.spot.session += late
		p.mu.Unlock()
	}
	n, err := p.sound.Read(p.pcm)
	if n > 0 {
		p.track.Write(p.next, p.pcm[:n*media.Channels])
		p.next += int64(n)
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	p.mu.Lock()
	p.played++
	if p.length == 0 || p.length != p.sound.Position() {
		p.length = p.sound.Position() // counted now
	}
	short := p.length == 0
	p.mu.Unlock()
	if p.left == 0 || short {
		return errEnded
	}
	if p.left > 0 {
		p.left--
	}
	return p.sound.SeekTo(0) // the next chunk follows without a seam
}

// halt lets the piece end: by itself, or because it breaks.
func (p *player) halt(err error) {
	p.running = false
	p.mu.Lock()
	p.spot.end = max(p.next, 1)
	p.mu.Unlock()
	if errors.Is(err, errEnded) {
		p.ended = true
		return // it is told when the last frame has been heard
	}
	p.log.Warn("music breaks off", "error", err)
	p.enter(MusicFailed, err.Error())
}
