package guard

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxRated bounds how many callers a Rates remembers.
const maxRated = 4096

// Rates holds each of many callers to a rate. It remembers the 4096 that were seen last;
// one that was forgotten begins anew. Safe for concurrent use.
type Rates struct {
	limit rate.Limit
	burst int
	most  int

	mu     sync.Mutex
	byName map[string]*list.Element
	recent *list.List // of *rated, the newest first
}

type rated struct {
	name   string
	bucket *rate.Limiter
}

// NewRates returns a Rates that allows perSecond, and twice as many at once.
func NewRates(perSecond float64) *Rates {
	return &Rates{
		limit: rate.Limit(perSecond), burst: max(1, int(2*perSecond)), most: maxRated,
		byName: map[string]*list.Element{}, recent: list.New(),
	}
}

// Take takes one from what name has left. If there is none, wait is the time until there
// is.
func (r *Rates) Take(name string) (ok bool, wait time.Duration) {
	b := r.bucket(name).ReserveN(time.Now(), 1)
	if wait = b.Delay(); wait > 0 {
		b.Cancel()
		return false, wait
	}
	return b.OK(), 0
}

func (r *Rates) bucket(name string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.byName[name]; ok {
		r.recent.MoveToFront(e)
		return e.Value.(*rated).bucket
	}
	if r.recent.Len() >= r.most {
		oldest := r.recent.Back()
		r.recent.Remove(oldest)
		delete(r.byName, oldest.Value.(*rated).name)
	}
	c := &rated{name, rate.NewLimiter(r.limit, r.burst)}
	r.byName[name] = r.recent.PushFront(c)
	return c.bucket
}

// Len returns how many callers are remembered.
func (r *Rates) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.recent.Len()
}
