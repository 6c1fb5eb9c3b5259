package worker

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/worker/wire"
)

// ErrNothing says that the supervisor has no such picture or sound, or does not answer.
var ErrNothing = errors.New("worker: cannot be had")

// askTimeout is how long the supervisor may take to find a picture or a sound: the latter
// is up to 1 GB that is taken out of the store.
const askTimeout = 2 * time.Minute

// maxPictureSide bounds the sides of pictures, whatever the limits were when they came.
const maxPictureSide = 8192

// library has the supervisor's pictures and sounds. It implements mixer.Library.
type library struct {
	out *outbox

	mu    sync.Mutex
	last  int64
	asked map[int64]chan answered // nil when the supervisor is gone
}

// answered is an answer, with a picture's file.
type answered struct {
	*wire.Answer
	file []byte
}

func newLibrary(out *outbox) *library {
	return &library{out: out, asked: map[int64]chan answered{}}
}

// Picture returns a picture's pixels; each is decoded anew, since the session keeps what
// it made of them.
func (l *library) Picture(name string) (*image.NRGBA, error) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	a, err := l.ask(ctx, wire.Ask{Picture: name})
	if err != nil {
		return nil, err
	}
	img, _, err := compose.DecodePicture(a.file, compose.PictureLimits{Bytes: len(a.file), Side: maxPictureSide})
	return img, err
}

// SoundFile returns the path of a sound's file, which stays as it is until release.
func (l *library) SoundFile(ctx context.Context, name string) (path string, release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	a, err := l.ask(ctx, wire.Ask{Sound: name})
	if err != nil {
		return "", nil, err
	}
	return a.Path, sync.OnceFunc(func() { l.out.must(wire.Message{Release: &wire.Release{ID: a.ID}}) }), nil
}

// ask waits for the answer to a question, whose ID it sets.
func (l *library) ask(ctx context.Context, q wire.Ask) (answered, error) {
	l.mu.Lock()
	if l.asked == nil {
		l.mu.Unlock()
		return answered{}, ErrOrphan
	}
	l.last++
	q.ID = l.last
	reply := make(chan answered, 1)
	l.asked[q.ID] = reply
	l.mu.Unlock()
	l.out.must(wire.Message{Ask: &q})
	select {
	case a, ok := <-reply:
		if !ok {
			return a, ErrOrphan
		}
		if a.Error != "" {
			return a, fmt.Errorf("%w: %s", ErrNothing, a.Error)
		}
		return a, nil
	case <-ctx.Done():
		l.forget(q.ID, reply)
		return answered{}, fmt.Errorf("%w: %w", ErrNothing, ctx.Err())
	}
}

// forget gives up a question. If its answer has just come, it is given back.
func (l *library) forget(id int64, reply <-chan answered) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil || l.asked[id] != nil {
		delete(l.asked, id)
		return
	}
	l.giveBack((<-reply).Answer)
}

// giveBack releases a sound that nobody wants any more.
func (l *library) giveBack(a *wire.Answer) {
	if a.Path != "" {
		l.out.must(wire.Message{Release: &wire.Release{ID: a.ID}})
	}
}

// answer hands an answer to who waits for it.
func (l *library) answer(a *wire.Answer, file []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	reply := l.asked[a.ID]
	if reply == nil {
		l.giveBack(a)
		return
	}
	delete(l.asked, a.ID)
	reply <- answered{a, file}
}

// abandon tells everybody who waits that there will be no answers.
func (l *library) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, reply := range l.asked {
		close(reply)
	}
	l.asked = nil
}
