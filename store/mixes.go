package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// MaxMix is how many bytes the data of a mix's record may have.
const MaxMix = 512 << 10

// mixBytes bounds the records of all mixes together, on top of Config.MaxBytes.
const mixBytes = 64 << 20

const mixBucket = "mixes"

// MixRecord is what is kept of one mix. Data is the caller's own.
type MixRecord struct {
	ID       string
	Node     string // that runs it, or ran it
	Live     bool   // it should run
	Data     []byte
	Revision uint64 // of the record; not that of the mix
}

// kept is a MixRecord on disk.
type kept struct {
	Node   string `json:"node"`
	Live   bool   `json:"live"`
	Writer string `json:"writer"` // the Store that wrote it
	Data   []byte `json:"data"`
}

func openMixes(ctx context.Context, js jetstream.JetStream, cfg Config) (index, error) {
	return openKeys(ctx, js, jetstream.KeyValueConfig{
		Bucket: cfg.bucket(mixBucket), Description: "mixes by id", MaxBytes: mixBytes, Replicas: cfg.Replicas,
	})
}

// mixKey returns the key of a mix; like in a recordKey, '=' stands for '.'.
func mixKey(id string) string { return strings.ReplaceAll(id, ".", "=") }

func checkMix(id string) error {
	if !namePattern.MatchString(id) {
		return fmt.Errorf("%w: a mix's id is 1 to %d of A–Z, a–z, 0–9, '_', '.' and '-' and begins with a letter or digit",
			ErrName, MaxNameLength)
	}
	return nil
}

// PutMix writes the record of a mix of this node and returns its new revision. last is
// the revision that it has, 0 for none; an earlier write of this Store whose answer was
// lost may have raised it, and so may a mix of another node that has ended. data stays
// the caller's. The record is on disk when PutMix returns.
//
// Errors: ErrElsewhere (a mix of this id lives on another node), ErrMoved (another
// process wrote it), ErrName, ErrTooLarge, ErrFull, ErrUnavailable, or ctx's. With
// ErrUnavailable the record may have come about.
func (s *Store) PutMix(ctx context.Context, id string, live bool, data []byte, last uint64) (uint64, error) {
	if err := checkMix(id); err != nil {
		return 0, err
	}
	if len(data) > MaxMix {
		return 0, fmt.Errorf("%w: the record of mix %q has %d bytes, at most %d", ErrTooLarge, id, len(data), MaxMix)
	}
	_, limit, leave, err := s.enterToChange(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer leave()
	value, err := json.Marshal(kept{Node: s.cfg.Node, Live: live, Writer: s.writer, Data: data})
	if err != nil {
		return 0, err
	}
	for {
		revision, err := s.mixes.put(limit, mixKey(id), value, last)
		if !errors.Is(err, ErrMoved) {
			return revision, err
		}
		now, revision, err := s.readMix(limit, id)
		switch {
		case errors.Is(err, ErrNotFound):
			revision = 0
		case err != nil:
			return 0, err
		case now.Writer == s.writer, last == 0 && !now.Live:
		case now.Node != s.cfg.Node:
			return 0, fmt.Errorf("%w: mix %q is on node %q", ErrElsewhere, id, now.Node)
		default:
			return 0, fmt.Errorf("%w: mix %q, by another process that runs as node %q", ErrMoved, id, now.Node)
		}
		if revision == last {
			return 0, fmt.Errorf("%w: mix %q", ErrMoved, id)
		}
		last = revision
	}
}

// readMix returns the record of a mix and its revision, or ErrNotFound.
func (s *Store) readMix(ctx context.Context, id string) (k kept, revision uint64, err error) {
	at, err := s.mixes.keys.Get(ctx, mixKey(id))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return kept{}, 0, fmt.Errorf("%w: mix %q", ErrNotFound, id)
	}
	if err != nil {
		return kept{}, 0, outside(ctx, err)
	}
	if err := json.Unmarshal(at.Value(), &k); err != nil {
		return kept{}, 0, fmt.Errorf("%w: the record of mix %q: %w", ErrCorrupt, id, err)
	}
	return k, at.Revision(), nil
}

// DeleteMix removes the record of a mix without a trace, unless it is newer than revision
// last. With last 0 it removes what this Store wrote, and nothing else. It is no error
// when there is none. Errors: ErrName, ErrFull (the disk's fault), ErrUnavailable, or
// ctx's.
func (s *Store) DeleteMix(ctx context.Context, id string, last uint64) error {
	if err := checkMix(id); err != nil {
		return err
	}
	_, limit, leave, err := s.enterToChange(ctx, 0)
	if err != nil {
		return err
	}
	defer leave()
	if last == 0 {
		now, revision, err := s.readMix(limit, id)
		if errors.Is(err, ErrNotFound) || err == nil && now.Writer != s.writer {
			return nil
		}
		if err != nil {
			return err
		}
		last = revision
	}
	return s.mixes.forget(limit, mixKey(id), last)
}

// Mixes returns the records of this node's mixes, by id. Errors: ErrCorrupt,
// ErrUnavailable, or ctx's.
func (s *Store) Mixes(ctx context.Context) ([]MixRecord, error) {
	return s.mixesIf(ctx, func(k kept) bool { return k.Node == s.cfg.Node })
}

// MixesElsewhere returns the records of the mixes that live on other nodes, by id.
// Errors: those of Mixes.
func (s *Store) MixesElsewhere(ctx context.Context) ([]MixRecord, error) {
	if !s.shared() {
		return nil, nil
	}
	return s.mixesIf(ctx, func(k kept) bool { return k.Node != s.cfg.Node && k.Live })
}

func (s *Store) mixesIf(ctx context.Context, wanted func(kept) bool) ([]MixRecord, error) {
	op, leave, err := s.enter(ctx, 0)
	if err != nil {
		return nil, err
	}
	defer leave()
	keys, err := s.mixes.under(op, "")
	if err != nil {
		return nil, err
	}
	list := make([]MixRecord, 0, len(keys))
	for _, key := range keys {
		id := strings.ReplaceAll(key, "=", ".")
		k, revision, err := s.readMix(op, id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		if wanted(k) {
			list = append(list, MixRecord{ID: id, Node: k.Node, Live: k.Live, Data: k.Data, Revision: revision})
		}
	}
	return list, nil
}

// Node returns the name under which this process runs mixes.
func (s *Store) Node() string { return s.cfg.Node }
