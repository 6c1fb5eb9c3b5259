package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// ErrEndpoints says that there are too many endpoints, or two have the same URL.
var ErrEndpoints = errors.New("webhook: bad endpoints")

// MaxEndpoints bounds how many endpoints there are.
const MaxEndpoints = 16

// Feed hands out the events of all mixes. Implementations are safe for concurrent use.
type Feed interface {
	// Follow calls handle with one event at a time, in their order, and goes on to the next
	// one when handle returned nil. The same event comes again when it returned an error, and
	// when the process ended before it returned; handle may take as long as the event is
	// kept. name says who follows: its place in the feed outlives the process. Follow
	// returns when ctx is done, or with an error when it cannot go on.
	Follow(ctx context.Context, name string, handle func(ctx context.Context, e Event) error) error
}

// Sender sends the events of a feed to endpoints. It is safe for concurrent use.
type Sender struct {
	followers []*follower
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

// Start begins to send; Close ends it. Errors: ErrEndpoints, ErrURL, ErrSecret, ErrKind,
// for everything that is wrong at once; nothing runs then.
func Start(feed Feed, endpoints []Endpoint, log *slog.Logger) (*Sender, error) {
	s, err := newSender(endpoints, log)
	if err != nil {
		return nil, err
	}
	s.start(feed)
	return s, nil
}

// newSender checks endpoints.
func newSender(endpoints []Endpoint, log *slog.Logger) (*Sender, error) {
	if len(endpoints) > MaxEndpoints {
		return nil, fmt.Errorf("%w: there are %d; at most %d", ErrEndpoints, len(endpoints), MaxEndpoints)
	}
	s := &Sender{}
	var faults []error
	names := map[string]int{}
	for i, e := range endpoints {
		f, err := newFollower(e, log)
		if err != nil {
			faults = append(faults, fmt.Errorf("endpoint %d: %w", i+1, err))
			continue
		}
		if first, twice := names[f.name]; twice {
			faults = append(faults, fmt.Errorf("%w: %d and %d have the same URL", ErrEndpoints, first, i+1))
		}
		names[f.name] = i + 1
		s.followers = append(s.followers, f)
	}
	return s, errors.Join(faults...)
}

// start lets the followers run.
func (s *Sender) start(feed Feed) {
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	for _, f := range s.followers {
		if strings.HasPrefix(f.url, "http:") {
			f.log.Warn("events are sent unencrypted; use https:// beyond this machine")
		}
		s.running.Go(func() { f.run(ctx, feed) })
	}
}

// Close ends the sending and waits for that. What was under way is sent again at the next
// start. It may be called again.
func (s *Sender) Close() {
	s.cancel()
	s.running.Wait()
}

// Stats returns how each endpoint is doing, in the order in which they were given.
func (s *Sender) Stats() []Stats {
	all := make([]Stats, len(s.followers))
	for i, f := range s.followers {
		all[i] = f.stats()
	}
	return all
}

// Test sends one message of type "test" to an endpoint, whatever events it wants, and
// returns what came back. Errors: ErrURL, ErrSecret, ErrKind, or why there is no answer,
// which does not have the URL.
func Test(ctx context.Context, e Endpoint) (Answer, error) {
	f, err := newFollower(e, slog.New(slog.DiscardHandler))
	if err != nil {
		return Answer{}, err
	}
	defer f.client.CloseIdleConnections()
	now := time.Now()
	m, err := newMessage("msg_test_"+rand.Text(), testKind, testKind, now, &pb.MixEvent{
		Time: timestamppb.New(now), Reason: "a test of this endpoint; nothing has happened",
	})
	if err != nil {
		return Answer{}, err
	}
	return post(ctx, f.client, f.url, f.secrets, m)
}
