package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/store"
)

// MixRecords keeps records of mixes; *store.Store is one.
type MixRecords interface {
	PutMix(ctx context.Context, id string, live bool, data []byte, last uint64) (uint64, error)
	DeleteMix(ctx context.Context, id string, last uint64) error
	Mixes(ctx context.Context) ([]store.MixRecord, error)
	MixesElsewhere(ctx context.Context) ([]store.MixRecord, error)
}

// EventLog keeps events of mixes; *store.Store is one.
type EventLog interface {
	AppendEvents(ctx context.Context, events []store.Event) error
	EventsOf(ctx context.Context, mix string, limit int) ([]store.Event, error)
}

// Keeping says what of a Registry survives the process.
type Keeping struct {
	// Mixes has what is needed to run every mix again; nil lets the mixes end with the
	// process.
	Mixes MixRecords
	// Events has what happened in the last hour; nil keeps events in memory alone.
	Events EventLog
	// Log gets what cannot be kept.
	Log *slog.Logger
}

// Keep has the Registry keep what survives the process. It is called once, before
// anything else. Close ends it; the store may be closed after that.
func (r *Registry) Keep(k Keeping) {
	if k.Log != nil {
		r.log = k.Log
	}
	if k.Events != nil {
		r.events = newEventQueue(k.Events, r.log)
	}
	if k.Mixes != nil {
		r.keeper = newKeeper(k.Mixes, r.log)
	}
}

// EventsLost returns how many events could not be kept. Watchers were told all the same.
func (r *Registry) EventsLost() int64 { return r.events.dropped() }

// mixRecord is what is kept of one mix.
type mixRecord struct {
	Mix     []byte `json:"mix"`     // a pb.Mix
	Started []byte `json:"started"` // the pb.MixSpec that it was started with
	// Sequence is that of the last event. Later ones may have come about, unless Clean
	// says that the service ended in good order.
	Sequence int64 `json:"sequence"`
	Clean    bool  `json:"clean,omitempty"`
	// IdleSince is since when no input is live, where that is for a while.
	IdleSince *time.Time `json:"idle_since,omitempty"`
}

// record returns what is kept of m when it is as mix says.
func (m *mix) record(mix *pb.Mix, clean bool) ([]byte, error) {
	kept := mixRecord{Clean: clean}
	var err error
	if kept.Mix, err = proto.Marshal(mix); err != nil {
		return nil, err
	}
	if kept.Started, err = proto.Marshal(m.started); err != nil {
		return nil, err
	}
	m.mu.Lock()
	kept.Sequence = m.sequence
	if m.idle.told {
		since := m.idle.since
		kept.IdleSince = &since
	}
	m.mu.Unlock()
	return json.Marshal(kept)
}

// read returns the messages of a record.
func (k mixRecord) read() (mix *pb.Mix, started *pb.MixSpec, err error) {
	mix, started = &pb.Mix{}, &pb.MixSpec{}
	if err := proto.Unmarshal(k.Mix, mix); err != nil {
		return nil, nil, err
	}
	if err := proto.Unmarshal(k.Started, started); err != nil {
		return nil, nil, err
	}
	if mix.Spec == nil || mix.Spec.Layout == nil || mix.Spec.Video == nil || mix.Spec.Audio == nil {
		return nil, nil, errors.New("it has no complete spec")
	}
	return mix, started, nil
}

// keepError maps an error of MixRecords to one for the caller of the API.
func keepError(id string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrElsewhere):
		return fmt.Errorf("%w: %w", ErrElsewhere, err)
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, store.ErrTooLarge):
		return fmt.Errorf("%w: the spec of mix %q is too large", ErrNoRoom, id)
	case errors.Is(err, store.ErrFull) && errors.Is(err, store.ErrUnavailable):
		return storeFailure{is: ErrStore, cause: err, why: "the disk is full; nothing can be changed until there is room and the service is started again"}
	case errors.Is(err, store.ErrFull):
		return storeFailure{is: ErrNoRoom, cause: err, why: "the records of all mixes take as much as they may"}
	case errors.Is(err, store.ErrLeased), errors.Is(err, store.ErrMoved):
		return storeFailure{is: ErrStore, cause: err, why: "another process runs as this node"}
	default:
		return storeFailure{is: ErrStore, cause: err, why: "the change could not be written"}
	}
}
