package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"unicode"
)

var (
	// ErrURL is returned for an address that is not a usable rtmp:// or rtmps:// URL.
	ErrURL = errors.New("rtmp: bad URL")
	// ErrUnreachable means that no connection came about: refused, no route, unknown
	// host, failed TLS, or no answer in time.
	ErrUnreachable = errors.New("rtmp: cannot connect")
	// ErrHandshake means that what answered does not speak RTMP, or stopped before the
	// handshake or the connect command was answered.
	ErrHandshake = errors.New("rtmp: handshake failed")
	// ErrRejected means that the server refused the connect, play or publish command.
	ErrRejected = errors.New("rtmp: rejected by the server")
	// ErrNotFound means that the server knows no stream of that name to play. It is an
	// ErrRejected too.
	ErrNotFound = fmt.Errorf("%w: stream not found", ErrRejected)
	// ErrBusy means that someone else publishes under that name. It is an ErrRejected too.
	ErrBusy = fmt.Errorf("%w: stream name is in use", ErrRejected)
	// ErrNoMedia means that no video and no audio came for the media timeout.
	ErrNoMedia = errors.New("rtmp: no media arrives")
	// ErrEnded means that the server said that the stream's publisher is gone.
	ErrEnded = errors.New("rtmp: the stream ended at its origin")
	// ErrStalled means that the peer took no bytes for the write timeout.
	ErrStalled = errors.New("rtmp: the peer takes no data")
	// ErrClosed means that the peer closed or reset the connection.
	ErrClosed = errors.New("rtmp: connection closed by the peer")
	// ErrProtocol means that the peer sent what is not valid RTMP.
	ErrProtocol = errors.New("rtmp: bad data from the peer")
	// ErrUnsent is returned by Pusher.Close when the last packets may not have arrived.
	ErrUnsent = errors.New("rtmp: closed before everything was sent")
)

// readError classifies what a read from an established connection returned.
func readError(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err // the caller knows what it waited for
	case errors.Is(err, syscall.ETIMEDOUT):
		return ErrStalled // the kernel waited (watchProgress)
	case isClosed(err):
		return fmt.Errorf("%w (%v)", ErrClosed, closeReason(err))
	case errors.Is(err, ErrProtocol):
		return err
	default:
		return fmt.Errorf("%w: %s", ErrProtocol, clean(err.Error()))
	}
}

// writeError classifies what a write to an established connection returned.
func writeError(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ETIMEDOUT):
		return ErrStalled
	case isClosed(err):
		return fmt.Errorf("%w (%v)", ErrClosed, closeReason(err))
	default:
		return fmt.Errorf("%w: %s", ErrClosed, clean(err.Error()))
	}
}

func isClosed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.As(err, &op)
}

func closeReason(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "in the middle of a message"
	case errors.Is(err, io.EOF):
		return "end of data"
	default:
		return clean(err.Error())
	}
}

// dialError classifies why no connection came about. The causes that the network
// layer reports hold addresses but never a path or a query.
func dialError(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: no answer in time", ErrUnreachable)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: connection refused", ErrUnreachable)
	default:
		return fmt.Errorf("%w: %s", ErrUnreachable, clean(err.Error()))
	}
}

// maxQuote bounds foreign text inside our errors, in bytes.
const maxQuote = 200

// queryInText finds what looks like a query string, up to a space or a quote.
var queryInText = regexp.MustCompile(`\?[^\s"'<>]+`)

// clean makes foreign text fit for errors, logs and events: without query strings
// (servers like to repeat the stream name), in one printable line, bounded.
func clean(s string) string {
	if len(s) > 16*maxQuote {
		s = s[:16*maxQuote]
	}
	s = queryInText.ReplaceAllString(s, "?…")
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxQuote {
		s = strings.ToValidUTF8(s[:maxQuote], "") + "…"
	}
	return s
}
