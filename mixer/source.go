package mixer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/lianmai/lianmai/audio"
	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// Feed brings one participant's packets to sink, in the order in which they come,
// until ctx ends or there are no more. It calls sink from one goroutine.
type Feed interface {
	Run(ctx context.Context, sink rtmp.PullHandler) error
	// Close frees what the feed holds, after Run has returned and its decoders are closed.
	Close()
}

// decoders is implemented by a Feed whose decoders need more than a packet's
// configuration, such as a file's.
type decoders interface {
	NewVideo(decode.VideoOptions) (*decode.Video, error)
	NewAudio() (*decode.Audio, error)
}

// lookahead is how long before its time a packet is decoded: enough for the
// reordering of B-frames and for the slowest key frame.
const lookahead = 100 * time.Millisecond

// source is one participant's stream: a feed goroutine puts packets into queues, a
// decode goroutine takes them out when they are due and fills the slot and the
// track. The tick goroutine reads those and never waits, unless the clock is virtual.
type source struct {
	id    int // unlike any other of the session
	name  string
	feed  Feed
	live  bool
	now   func() time.Duration
	log   *slog.Logger
	slot  frameSlot
	track *audio.Source

	cancel  context.CancelFunc
	unwatch func() bool // lets go of the session's context
	wait    sync.WaitGroup

	mu        sync.Mutex
	cond      sync.Cond // something below changed
	room      sync.Cond // on a virtual clock: the feed that is held back may go on
	queues    [2]packetQueue
	timeline  timeline
	target    time.Duration // what is due up to here plus lookahead may be decoded
	closed    bool
	stopping  bool // the session ends: nobody waits for this source any more
	ended     bool // the feed has no more
	busy      bool // the decode goroutine is at a packet
	drained   bool // the feed has no more and the decoder holds nothing back
	needKey   bool // video was dropped: go on at a key frame
	link      link
	counters  counters
	soundEnd  time.Duration // session time up to which sound was decoded
	nextEvent []string      // format changes not yet told
	refused   string        // why the pictures are not taken; empty if they are
	present   bool          // the source can be told from a slide show
	active    time.Duration // when it last moved or was heard; only if present
	renewed   bool          // a new connection, of which nothing is decoded yet
	demand    demand
	kept      int           // access units that the decode goroutine keeps unseen
	alive     bool          // one was kept since the tick last asked
	keyAt     time.Duration // unwrapped timestamp of the newest key frame; -1 for none

	// For the tick goroutine.
	condition condition
	meter     rateMeter
}

// link is what is known of the connection.
type link struct {
	connected bool
	ever      bool // media has arrived since the source was made
	reason    string
	attempts  int
	video     time.Duration // arrival of the newest video packet, -1 for none on this connection
	audio     time.Duration
}

// counters add up over the source's life.
type counters struct {
	bytes, decoded, errors, reconnects int64
	drops                              Drops // but for NotShown, which the slot counts
	width, height                      int
	gop                                time.Duration
	skew                               time.Duration // of the sound against the picture, averaged
}

func newSource(id int, name string, feed Feed, clock Clock, track *audio.Source, log *slog.Logger) *source {
	s := &source{
		id: id, name: name, feed: feed, live: clock.Live(), now: clock.Now, track: track,
		log: log.With("participant", name), needKey: true,
		link: link{video: -1, audio: -1}, keyAt: -1,
	}
	s.cond.L, s.room.L = &s.mu, &s.mu
	return s
}

// start runs the source's two goroutines until close. When session ends, await
// returns at once.
func (s *source) start(session context.Context) {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.unwatch = context.AfterFunc(session, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stopping = true
		s.cond.Broadcast()
	})
	s.wait.Go(func() {
		err := s.feed.Run(ctx, s)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = true
		if err != nil && ctx.Err() == nil {
			s.link.reason = err.Error()
		}
		s.cond.Broadcast()
	})
	s.wait.Go(func() { newDecoding(s).run() })
}

// close stops the source, waits for its goroutines and frees its pictures.
func (s *source) close() {
	s.mu.Lock()
	s.closed = true
	s.cond.Broadcast()
	s.room.Broadcast()
	s.mu.Unlock()
	s.unwatch()
	s.cancel()
	s.wait.Wait()
	s.feed.Close()
	s.slot.clear()
}

// holdBack waits, on a virtual clock, until the decode goroutine needs more. It lets much
// through at a time: to wake up for each packet costs more than to read it.
func (s *source) holdBack() {
	if !s.ahead(media.Video, 8*lookahead) || !s.ahead(media.Audio, 8*lookahead) {
		return
	}
	for !s.closed && s.heldBack() {
		s.room.Wait()
	}
}

// heldBack says that a feed that waits goes on waiting.
func (s *source) heldBack() bool {
	return s.ahead(media.Video, 2*lookahead) && s.ahead(media.Audio, 2*lookahead)
}

// makeRoom wakes the feed if it is held back no longer; the source's lock is held.
func (s *source) makeRoom() {
	if !s.live && !s.heldBack() {
		s.room.Signal()
	}
}

// ahead says that a kind of media has packets for so long and needs no more. A kind that
// has nothing while the other has all it may hold is not coming: some files store one
// before the other, others have only one.
func (s *source) ahead(kind media.Kind, by time.Duration) bool {
	q := &s.queues[kind]
	if q.len() == 0 {
		return s.queues[1-kind].full()
	}
	return q.len() > 1 && q.items[len(q.items)-1].pkt.DTS+s.timeline.offset > s.target+by
}

// offset returns what maps a queued packet's timestamps to session time: the
// timeline's newest word, unless the timeline was made anew since the packet came.
func (s *source) offset(q *queued) time.Duration {
	if q.epoch == s.timeline.epoch {
		return s.timeline.offset
	}
	return q.offset
}

// mapped returns a queued packet's time in the session.
func (s *source) mapped(q *queued) time.Duration { return q.pkt.DTS + s.offset(q) }

// advance lets the source decode what is due up to t.
func (s *source) advance(t time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = max(s.target, t)
	s.makeRoom()
	s.signal()
}

// signal wakes who waits for the source to change. On a live clock that is only
// the decode goroutine, and only if there is something to decode.
func (s *source) signal() {
	if s.live {
		if _, due := s.due(); !due {
			return
		}
	}
	s.cond.Broadcast()
}

// await returns, on a virtual clock, when all that is to be seen or heard up to t
// has been decoded, or when the session ends.
func (s *source) await(kind media.Kind, t time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && !s.stopping {
		if kind == media.Video && s.slot.reaches(t) || kind == media.Audio && s.soundEnd > t {
			return
		}
		if _, due := s.due(); !due && !s.busy && !s.behind() && s.exhausted() {
			return
		}
		s.cond.Wait()
	}
}

// exhausted says that no packet that is due is still to come: either the feed is
// at its end or it is held back because what it has is beyond what is wanted.
func (s *source) exhausted() bool {
	if s.ended {
		return s.drained || s.queues[media.Video].len() > 0
	}
	return s.heldBack()
}

// done says that a feed that ends has been played to its end.
func (s *source) done() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended && s.drained && s.queues[media.Audio].len() == 0 && !s.busy
}
