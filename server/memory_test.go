package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/lianmai/lianmai/store"
)

// disk is what outlives a Registry in a test. It keeps what a store.Store keeps, by the
// same rules, and fails when it is told to.
type disk struct {
	mu       sync.Mutex
	records  map[string]written
	events   []store.Event
	revision uint64
	handles  int
	// fails is asked before each write (op is put, delete or append): an error before it,
	// or an answer that is lost after it.
	fails func(op string) (before, after error)
}

// written is a record on a disk.
type written struct {
	store.MixRecord
	writer int
}

func newDisk() *disk { return &disk{records: map[string]written{}} }

// handle is a disk as one process has it.
type handle struct {
	*disk
	writer int
	node   string
	cut    bool // the process is dead: nothing of it comes through; guarded by mu
}

// open returns a handle for another process.
func (d *disk) open() *handle {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handles++
	return &handle{disk: d, writer: d.handles, node: "local"}
}

// sever lets nothing through any more.
func (h *handle) sever() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut = true
}

// write does a write as h may.
func (h *handle) write(op string, do func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cut {
		return fmt.Errorf("%w: dead", store.ErrUnavailable)
	}
	var before, after error
	if h.fails != nil {
		before, after = h.fails(op)
	}
	if before != nil {
		return before
	}
	if err := do(); err != nil {
		return err
	}
	return after
}

func (h *handle) PutMix(_ context.Context, id string, live bool, data []byte, last uint64) (revision uint64, err error) {
	err = h.write("put", func() error {
		now, found := h.records[id]
		switch {
		case now.Revision == last:
		case found && now.writer == h.writer, found && last == 0 && !now.Live:
		case found && now.Node != h.node:
			return fmt.Errorf("%w: mix %q is on node %q", store.ErrElsewhere, id, now.Node)
		case found:
			return store.ErrMoved
		}
		h.revision++
		revision = h.revision
		h.records[id] = written{store.MixRecord{ID: id, Node: h.node, Live: live, Data: data, Revision: revision}, h.writer}
		return nil
	})
	return revision, err
}

func (h *handle) DeleteMix(_ context.Context, id string, last uint64) error {
	return h.write("delete", func() error {
		if now := h.records[id]; last >= now.Revision || last == 0 && now.writer == h.writer {
			delete(h.records, id)
		}
		return nil
	})
}

func (h *handle) Mixes(context.Context) (list []store.MixRecord, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(h.records)) {
		if r := h.records[id].MixRecord; r.Node == h.node {
			list = append(list, r)
		}
	}
	return list, nil
}

func (h *handle) MixesElsewhere(context.Context) (list []store.MixRecord, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(h.records)) {
		if r := h.records[id].MixRecord; r.Node != h.node && r.Live {
			list = append(list, r)
		}
	}
	return list, nil
}

func (h *handle) AppendEvents(_ context.Context, events []store.Event) error {
	return h.write("append", func() error {
		h.events = append(h.events, events...)
		return nil
	})
}

func (h *handle) EventsOf(_ context.Context, mix string, limit int) (list []store.Event, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Mix == mix {
			list = append(list, e)
		}
	}
	return list[max(0, len(list)-limit):], nil
}

// live says whether the record of a mix is there and lives.
func (d *disk) live(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.records[id].Live
}
