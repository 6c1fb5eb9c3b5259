package mixer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// How a player works, in frames.
const (
	// playerLead is how far after the sound that has been mixed a piece begins: what
	// the mixer has read already cannot be changed, and a block may be mixed before
	// the file is open at the new place.
	playerLead = audio.Lead + 2*1024
	// playerAhead is how much is decoded ahead.
	playerAhead = media.SampleRate / 2
	// playerChunk is how much is decoded at a time.
	playerChunk = 4096
)

// player plays one sound file into a track of the mix, frame by frame: the piece's
// frame n follows frame n−1 also over the end of a loop. On a live clock a goroutine of
// its own owns the file; on a virtual one the tick goroutine does.
type player struct {
	name  string
	track *audio.Source
	live  bool
	log   *slog.Logger
	tell  func(MusicState, string)
	open  openSound

	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	cond   sync.Cond
	orders []order // not yet carried out, the oldest first
	mixed  int64   // session frame up to which sound has been mixed
	closed bool
	state  MusicState
	reason string
	spot   spot
	length int64 // frames of the piece; 0 where it is not known
	played int64 // times that it came to its end

	// What follows belongs to who owns the file.
	sound   *decode.Sound
	path    string // of the file: reasons call it by the track's name
	release func()
	left    int   // plays that follow this one; negative for ever
	next    int64 // session frame of the next write
	running bool
	ended   bool
	pcm     []float32
}

// spot says where a piece is: frame piece of it is heard at session frame session, and
// those after it follow, as long as it moves.
type spot struct {
	session, piece int64
	moves          bool
	end            int64 // session frame at which it stops by itself; 0: not known yet
}

// order is what a player is to do next.
type order struct {
	seek  bool
	piece int64 // where to, in frames
	plays int   // from there on: how often it is played in all; negative for ever
	play  bool  // else it holds its place
	fade  int64 // frames until it is silent, when it is to hold its place
}

// errEnded is what a piece that is begun beyond its end says.
var errEnded = errors.New("played to its end")

// openSound returns the path of a file that stays until release is called.
type openSound func(context.Context) (path string, release func(), err error)

func newPlayer(name string, track *audio.Source, live bool, open openSound, log *slog.Logger) *player {
	p := &player{name: name, track: track, live: live, open: open, log: log.With("music", name), pcm: make([]float32, playerChunk*media.Channels)}
	p.cond.L = &p.mu
	p.state = MusicLoading
	return p
}

// start opens the file and lets a goroutine own it until close.
func (p *player) start() {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.wait.Go(func() {
		defer p.shut()
		if err := p.load(ctx); err != nil {
			p.enter(MusicFailed, err.Error())
			return
		}
		for p.awaitWork() {
			p.work()
		}
	})
}

// load opens the file.
func (p *player) load(ctx context.Context) error {
	path, release, err := p.open(ctx)
	if err == nil {
		if p.sound, err = decode.OpenSound(path); err != nil {
			release()
		}
	}
	if err != nil {
		p.path = path
		p.log.Warn("music cannot be played", "error", err)
		return err
	}
	p.path, p.release = path, release
	p.mu.Lock()
	defer p.mu.Unlock()
	p.length = p.sound.Info().Frames
	return nil
}

// shut closes the file.
func (p *player) shut() {
	if p.sound != nil {
		p.sound.Close()
		p.release()
		p.sound = nil
	}
}

// close ends the player; on a live clock it waits for its goroutine.
func (p *player) close() {
	p.mu.Lock()
	p.closed = true
	p.cond.Broadcast()
	p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
		p.wait.Wait()
		return
	}
	p.shut()
}

// do hands over an order.
func (p *player) do(o order) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders = append(p.orders, o)
	p.cond.Broadcast()
}

// advance says that sound has been mixed up to a session frame. On a virtual clock,
// live false, it also does what is to be done until then.
func (p *player) advance(mixed int64, live bool) {
	p.mu.Lock()
	p.mixed = mixed
	over := p.state == MusicPlaying && p.spot.end > 0 && mixed >= p.spot.end
	if live && p.due() {
		p.cond.Broadcast()
	}
	p.mu.Unlock()
	if over {
		p.enter(MusicEnded, "played to its end")
	}
	for !live && p.hasWork() {
		p.work()
	}
}

// due says that there is something to be done; mu is held.
func (p *player) due() bool {
	return len(p.orders) > 0 || p.spot.moves && p.spot.end == 0 && p.next < p.mixed+playerAhead
}

func (p *player) hasWork() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closed && p.sound != nil && p.due()
}

// awaitWork waits for something to do; false says that the player is closed.
func (p *player) awaitWork() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && !p.due() {
		p.cond.Wait()
	}
	return !p.closed
}

// enter goes to a state and tells of it.
func (p *player) enter(state MusicState, reason string) {
	if p.path != "" {
		reason = strings.ReplaceAll(reason, p.path, p.name)
	}
	p.mu.Lock()
	p.state, p.reason = state, reason
	p.mu.Unlock()
	p.tell(state, reason)
}

// stats describes the track.
func (p *player) stats() MusicStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := MusicStats{
		Name: p.name, State: p.state, Played: p.played,
		Position: media.SampleTime(p.spot.at(p.mixed, p.length)), Duration: media.SampleTime(p.length),
	}
	if p.state == MusicFailed {
		st.Reason = p.reason
	}
	return st
}

// soundOf returns what finds a track's file.
func (s *Session) soundOf(m Music) openSound {
	return func(ctx context.Context) (string, func(), error) {
		switch {
		case m.Asset == "":
			return m.Path, func() {}, nil
		case s.opts.Sounds == nil:
			return "", nil, fmt.Errorf("%w: no sound can be had here", ErrSpec)
		default:
			return s.opts.Sounds.SoundFile(ctx, m.Asset)
		}
	}
}
