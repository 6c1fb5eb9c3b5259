package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Of what the keeper tries again.
const (
	keepRetry    = time.Second // after a failure; twice as long after each further one
	keepSlow     = 30 * time.Second
	turnPatience = time.Second // for the turn of a mix whose record is to be written
	maxGone      = 1000        // records that are to be deleted; more are left to the next start
)

// keeper keeps the records of mixes. What must be written before a call is answered is
// save's; what follows from something that has happened is mark's and forget's: a
// goroutine does it, and tries again until it succeeds.
//
// Locks, in the order in which they are taken: flushing, a mix's turn, making, mu. A nil
// keeper keeps nothing.
type keeper struct {
	records MixRecords
	log     *slog.Logger

	flushing sync.Mutex // held while somebody does what is to be done

	// making is held shared during each save, and alone while the goroutine writes: what
	// it writes is never older than what a save wrote.
	making sync.RWMutex

	mu        sync.Mutex
	revisions map[string]uint64 // of the records, by id
	marked    map[*mix]struct{} // their records are to be written
	gone      map[string]struct{}
	wake      chan struct{} // holds a token when there is something to do

	stop  context.CancelFunc
	ended chan struct{}
}

// newKeeper returns a keeper, which close ends.
func newKeeper(records MixRecords, log *slog.Logger) *keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &keeper{
		records: records, log: log,
		revisions: map[string]uint64{}, marked: map[*mix]struct{}{}, gone: map[string]struct{}{},
		wake: make(chan struct{}, 1), stop: stop, ended: make(chan struct{}),
	}
	go func() {
		defer close(k.ended)
		k.run(ctx)
	}()
	return k
}

// save writes the record of m, as it is when it is as mix says. The caller has m's turn.
// Errors: ErrStore, ErrNoRoom, ErrElsewhere, or ctx's.
func (k *keeper) save(ctx context.Context, m *mix, mix *pb.Mix) error {
	if k == nil {
		return nil
	}
	k.making.RLock()
	defer k.making.RUnlock()
	k.mu.Lock()
	delete(k.gone, m.id)
	k.mu.Unlock()
	return keepError(m.id, k.write(ctx, m, mix, false))
}

// settle writes the record of m as it is, if another may have come about: what is then
// answered to a call that changes nothing is true. The caller has m's turn. Errors: save's.
func (k *keeper) settle(ctx context.Context, m *mix) error {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	_, marked := k.marked[m]
	k.mu.Unlock()
	if !marked {
		return nil
	}
	return k.save(ctx, m, m.get())
}

// write writes the record of m.
func (k *keeper) write(ctx context.Context, m *mix, mix *pb.Mix, clean bool) error {
	data, err := m.record(mix, clean)
	if err != nil {
		return err
	}
	k.mu.Lock()
	last := k.revisions[m.id]
	k.mu.Unlock()
	revision, err := k.records.PutMix(ctx, m.id, mix.State == pb.MixState_MIX_STATE_RUNNING, data, last)
	if err != nil {
		return err
	}
	k.knows(m.id, revision)
	return nil
}

// knows notes the revision of a record.
func (k *keeper) knows(id string, revision uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.revisions[id] = revision
}

// mark has the record of m written soon. It does not block.
func (k *keeper) mark(m *mix) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.marked[m] = struct{}{}
	k.signal()
}

// drop undoes mark: another mix takes the place of m.
func (k *keeper) drop(m *mix) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.marked, m)
}

// forget has the record of m deleted soon. It does not block.
func (k *keeper) forget(m *mix) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.marked, m)
	if len(k.gone) >= maxGone {
		k.log.Error("the record of a mix stays", "mix", m.id, "waiting", len(k.gone))
		return
	}
	k.gone[m.id] = struct{}{}
	k.signal()
}

func (k *keeper) signal() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// run does what is to be done until ctx ends.
func (k *keeper) run(ctx context.Context) {
	for failures := 0; ; {
		select {
		case <-k.wake:
		case <-ctx.Done():
			return
		}
		if k.flush(ctx) {
			failures = 0
			continue
		}
		pause := time.NewTimer(min(keepRetry<<min(failures, 10), keepSlow))
		failures++
		select {
		case <-pause.C:
			k.mu.Lock()
			k.signal()
			k.mu.Unlock()
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// flush writes and deletes what is to be, and says whether nothing is left of that.
func (k *keeper) flush(ctx context.Context) (done bool) {
	k.flushing.Lock()
	defer k.flushing.Unlock()
	k.mu.Lock()
	marked, gone := slices.Collect(maps.Keys(k.marked)), slices.Collect(maps.Keys(k.gone))
	k.mu.Unlock()
	done = true
	for _, m := range marked {
		if err := k.rewrite(ctx, m, false); err != nil {
			done = false
			k.log.Warn("the record of a mix cannot be written; trying again", "mix", m.id, "error", err)
		}
	}
	for _, id := range gone {
		if err := k.remove(ctx, id); err != nil {
			done = false
			k.log.Warn("the record of a mix cannot be deleted; trying again", "mix", id, "error", err)
		}
	}
	return done
}

// rewrite writes the record of a marked mix as it is now, or of any with clean.
func (k *keeper) rewrite(ctx context.Context, m *mix, clean bool) error {
	patience, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	if err := m.acquire(patience); err != nil {
		return err
	}
	defer m.release()
	k.making.Lock()
	defer k.making.Unlock()
	k.mu.Lock()
	_, wanted := k.marked[m]
	delete(k.marked, m) // a mark from now on is for what is not written here
	k.mu.Unlock()
	if !wanted && !clean {
		return nil
	}
	err := k.write(ctx, m, m.get(), clean)
	if err != nil {
		k.mu.Lock()
		k.marked[m] = struct{}{}
		k.mu.Unlock()
	}
	return err
}

// remove deletes a record that is to be deleted.
func (k *keeper) remove(ctx context.Context, id string) error {
	k.making.Lock()
	defer k.making.Unlock()
	k.mu.Lock()
	_, wanted := k.gone[id]
	last := k.revisions[id]
	k.mu.Unlock()
	if !wanted {
		return nil // a new mix has the id
	}
	if last != 0 {
		if err := k.records.DeleteMix(ctx, id, last); err != nil {
			return err
		}
	}
	// And what a write left whose answer was lost.
	if err := k.records.DeleteMix(ctx, id, 0); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.gone, id)
	delete(k.revisions, id)
	return nil
}

// close does what is left to be done, as far as ctx lets it, and ends the keeper.
func (k *keeper) close(ctx context.Context) {
	if k == nil {
		return
	}
	k.stop()
	<-k.ended
	if ctx.Err() == nil {
		k.flush(ctx)
	}
}
