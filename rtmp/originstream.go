package rtmp

import (
	"sync"
	"time"
)

// playStream is the message stream of every player and publisher of an Origin, as
// on the wire: number 1.
const playStream = 1 << 24

// stream is what an Origin knows of one stream name.
type stream struct {
	name                 string
	maxBytes, maxPackets int

	mu        sync.Mutex // guards what follows; a player's is taken inside
	published bool
	since     time.Time
	bytes     int64
	dropped   int64 // by players that have left
	players   map[*player]struct{}
	// What a late joiner gets first. Messages are shared and never changed.
	metadata, video, audio *message
	hasVideo               bool
	gop                    []*message
	gopBytes               int
	gopWhole               bool // gop begins at a key frame and misses nothing since
}

func newStream(name string, maxBytes, maxPackets int) *stream {
	return &stream{name: name, maxBytes: maxBytes, maxPackets: maxPackets, players: make(map[*player]struct{})}
}

// begin makes the stream published; false if it is already.
func (s *stream) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.published {
		return false
	}
	s.published, s.since, s.bytes, s.dropped = true, time.Now(), 0, 0
	return true
}

// end tells the players that the stream is over, and forgets it.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.players {
		p.finish()
	}
	clear(s.players)
	s.published, s.hasVideo, s.gopWhole = false, false, false
	s.metadata, s.video, s.audio, s.gop, s.gopBytes = nil, nil, nil, nil, 0
}

// join adds p and gives it what is needed to start at once.
func (s *stream) join(p *player) *player {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.players[p] = struct{}{}
	if !s.published {
		return p
	}
	p.start(s.hasVideo && !s.gopWhole, s.headers(), s.gop)
	return p
}

func (s *stream) leave(p *player) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.players, p)
	s.dropped += p.droppedPackets()
}

func (s *stream) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.published && len(s.players) == 0
}

func (s *stream) info() (StreamInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := StreamInfo{Name: s.name, Since: s.since, Bytes: s.bytes, Players: len(s.players), Dropped: s.dropped}
	for p := range s.players {
		i.Dropped += p.droppedPackets()
	}
	return i, s.published
}

// headers lists metadata and configurations, as far as there are any.
func (s *stream) headers() []*message {
	var list []*message
	for _, m := range [...]*message{s.metadata, s.video, s.audio} {
		if m != nil {
			list = append(list, m)
		}
	}
	return list
}

// put takes a message from the publisher and hands it to every player. It never
// waits. m is the stream's from now on.
func (s *stream) put(m *message) {
	k := classify(m)
	m.MessageStreamID = playStream
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += int64(len(m.Body))
	switch {
	case m.Type == typeDataAMF0:
		m.ChunkStreamID = chunkData
		body, keep := metadataForPlayers(m.Body)
		m.Body = body
		if keep {
			s.metadata = m
		}
	case m.Type == typeVideo:
		m.ChunkStreamID = chunkVideo
		s.hasVideo = true
		if k.config {
			s.video = m
		}
	default:
		m.ChunkStreamID = chunkAudio
		if k.config {
			s.audio = m
		}
	}
	s.cache(m, k)
	headers := []*message(nil)
	for p := range s.players {
		if p.put(m, k, s.hasVideo) {
			continue
		}
		if headers == nil {
			headers = s.headers()
		}
		p.resume(headers, m) // at a key frame, after having missed some
	}
}

// cache keeps the running GOP for late joiners.
func (s *stream) cache(m *message, k class) {
	if k.key {
		clear(s.gop)
		s.gop, s.gopBytes, s.gopWhole = s.gop[:0], 0, true
	}
	if !s.gopWhole || k.config || m.Type == typeDataAMF0 && s.metadata == m {
		if k.config && m.Type == typeVideo {
			// The GOP before it needs the old configuration: nobody can join it now.
			s.gopWhole = false
		}
		return
	}
	s.gop = append(s.gop, m)
	s.gopBytes += len(m.Body)
	if len(s.gop) > s.maxPackets || s.gopBytes > s.maxBytes {
		s.gopWhole = false
	}
	if !s.gopWhole {
		clear(s.gop)
		s.gop, s.gopBytes = s.gop[:0], 0
	}
}

// class is what the Origin needs to know of a message.
type class struct {
	config bool // decoder configuration
	key    bool // video that decoding can start with
}

// classify looks at the first bytes of a media message, legacy or enhanced.
func classify(m *message) class {
	b := m.Body
	if len(b) < 2 {
		return class{}
	}
	switch m.Type {
	case typeVideo:
		isKey := b[0]>>4&7 == frameKey
		if b[0]&0x80 != 0 {
			switch b[0] & 0x0f {
			case exSequenceStart:
				return class{config: true}
			case exCodedFrames, exFramesX:
				return class{key: isKey}
			}
			return class{}
		}
		if c := b[0] & 0x0f; c != flvH264 && c != flvHEVC {
			return class{key: isKey}
		}
		return class{config: b[1] == 0, key: isKey && b[1] == 1}
	case typeAudio:
		switch b[0] >> 4 {
		case flvAAC:
			return class{config: b[1] == 0}
		case flvExAudio:
			return class{config: b[0]&0x0f == exSequenceStart}
		}
	}
	return class{}
}
