package rtmp

import (
	"net"
	"testing"

	"github.com/lianmai/lianmai/media"
)

// noticer is a record that wants to know of what is left out.
type noticer struct {
	*record
	kinds []media.Kind
	what  []string
}

func (n *noticer) PullIgnored(kind media.Kind, what string) {
	n.note(func() { n.kinds, n.what = append(n.kinds, kind), append(n.what, what) })
}

// AV1 by Enhanced RTMP, an old codec and an old sound: each is named once, however
// often it comes; a packet type that nobody knows is no codec.
func TestPullNamesTheCodecsThatItLeavesOut(t *testing.T) {
	u := listen(t, func(nc net.Conn) {
		defer nc.Close()
		c, _, _, err := acceptPublish(nc)
		if err != nil {
			return
		}
		for range 3 {
			for _, m := range []*message{
				{Type: typeVideo, ChunkStreamID: chunkVideo, Body: []byte("\x90av01\x81\x04\x0c\x00")},
				{Type: typeVideo, ChunkStreamID: chunkVideo, Body: []byte("\x91av01\x00\x00\x00\x12")},
				{Type: typeVideo, ChunkStreamID: chunkVideo, Body: []byte("\x12\x00\x00\x00\x00\x00")},
				{Type: typeVideo, ChunkStreamID: chunkVideo, Body: []byte("\x9favc1\x00\x00\x00\x12")},
				{Type: typeAudio, ChunkStreamID: chunkAudio, Body: []byte("\x2f\xff\xfb\x00\x00\x00")},
			} {
				m.MessageStreamID = streamOnWire(7)
				if c.write(m) != nil {
					return
				}
			}
		}
		c.linger(t.Context(), nil)
	})
	n := &noticer{record: newRecord()}
	startPullWith(t, PullConfig{URL: u}, n)
	n.waitError(t, ErrClosed)
	n.mu.Lock()
	defer n.mu.Unlock()
	want := []string{"video codec av01", "video codec 2", "audio codec 2"}
	for i, what := range n.what { // again on the next connection
		if what != want[i%3] || (n.kinds[i] == media.Video) != (i%3 < 2) {
			t.Errorf("notice %d is %q of %v, want %q", i, what, n.kinds[i], want[i%3])
		}
	}
	if len(n.what) < len(want) {
		t.Errorf("told of %q, want %q", n.what, want)
	}
	if len(n.packets) != 0 {
		t.Errorf("%d packets were handed on", len(n.packets))
	}
}
