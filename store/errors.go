package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// The errors of this package. Contexts that end return their own errors beside these.
var (
	// ErrNotFound: there is no such name, or no such version of it.
	ErrNotFound = errors.New("store: not found")
	// ErrName: a kind or a name is not spelled as one may be.
	ErrName = errors.New("store: bad name")
	// ErrTooLarge: the data or the note has more bytes than it may.
	ErrTooLarge = errors.New("store: too large")
	// ErrTooMany: the name has as many versions, or the kind as many names, as it may.
	ErrTooMany = errors.New("store: too many")
	// ErrFull: there is no room for more, by Config.MaxBytes or on the disk. When it is
	// the disk's fault, it is an ErrUnavailable too.
	ErrFull = errors.New("store: no room")
	// ErrUnavailable: the directory cannot be used, someone else uses it, the server does
	// not answer, the disk refused a write, or the Store is closed. What a Put or Delete
	// wanted may have come about all the same.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrCorrupt: what is on disk is not what was written.
	ErrCorrupt = errors.New("store: corrupt")
	// ErrMoved: a record is not at the revision that the change was made for.
	ErrMoved = errors.New("store: the record has changed")
	// ErrElsewhere: a mix of this id is another node's.
	ErrElsewhere = errors.New("store: on another node")
	// ErrLeased: another process runs as this node.
	ErrLeased = errors.New("store: another process runs as this node")
)

// errGone means that data is not there, be it lost or deleted.
var errGone = errors.New("are gone")

// Codes of the server's errors that nats.go has no names for.
const (
	codeAccountResources      jetstream.ErrorCode = 10002
	codeInsufficientResources jetstream.ErrorCode = 10023
	codeStorageResources      jetstream.ErrorCode = 10047
	codeStoreFailed           jetstream.ErrorCode = 10077
)

var (
	// errRefused is the reason after the disk refused a write, errDiskFull if for want of room.
	errRefused  = fmt.Errorf("%w: the disk refused a write; nothing can be changed until the store is opened anew", ErrUnavailable)
	errDiskFull = fmt.Errorf("%w: on the disk: %w", ErrFull, errRefused)
)

// errNoAnswer ends the context of an operation that takes too long.
var errNoAnswer = fmt.Errorf("%w: no answer in %v, or longer for large data", ErrUnavailable, opTimeout)

// ended returns why ctx ended, or nil: an ErrUnavailable of ours, or the caller's reason.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	if cause := context.Cause(ctx); errors.Is(cause, ErrUnavailable) {
		return cause
	}
	return ctx.Err()
}

// outside returns an error of JetStream's as one of ours. When ctx has ended, that is
// the reason.
func outside(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if reason := ended(ctx); reason != nil {
		return reason
	}
	if apiErr, ok := errors.AsType[*jetstream.APIError](err); ok {
		switch apiErr.ErrorCode {
		case codeAccountResources, codeInsufficientResources, codeStorageResources:
			return fmt.Errorf("%w: %w", ErrFull, err)
		case codeStoreFailed:
			if strings.Contains(apiErr.Description, "maximum bytes") { // has no code of its own
				return fmt.Errorf("%w: %w", ErrFull, err)
			}
		}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
