package server

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/guard"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// maxLoggedID bounds what the log repeats of an id that nobody has checked yet.
const maxLoggedID = 64

// maxLoggedName bounds what the log repeats of a caller's name, in bytes.
const maxLoggedName = 128

// callLog logs each call once, when it has ended. It knows ids, codes, durations and the
// names of callers, never their tokens or a request's URLs.
type callLog struct{ log *slog.Logger }

// stream logs a call, unary ones too, and turns a panic of its handler into INTERNAL so
// that one bad request does not end every mix of the process.
func (c callLog) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	begin := time.Now()
	seen := &firstMessage{ServerStream: stream}
	defer func() {
		if r := recover(); r != nil {
			err = c.panicked(info.FullMethod, r)
		}
		c.ended(stream.Context(), info.FullMethod, seen.id, begin, err)
	}()
	return handler(srv, seen)
}

func (c callLog) panicked(method string, reason any) error {
	c.log.Error("handler panicked", "method", method, "panic", reason, "stack", string(debug.Stack()))
	return status.Error(codes.Internal, "internal error")
}

func (c callLog) ended(ctx context.Context, method, id string, begin time.Time, err error) {
	st := status.Convert(err)
	level := slog.LevelInfo
	switch st.Code() {
	case codes.Internal, codes.Unknown, codes.DataLoss:
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("method", method),
		slog.String("code", st.Code().String()),
		slog.Float64("duration_ms", float64(time.Since(begin).Microseconds())/1000),
	}
	if who, ok := guard.FromContext(ctx); ok && who.Name != "" {
		// A certificate may have a name of any length.
		attrs = append(attrs, slog.String("caller", clip(who.Name, maxLoggedName)))
	}
	if id != "" {
		attrs = append(attrs, slog.String("mix", clip(id, maxLoggedID)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", st.Message()))
	}
	if c, ok := errors.AsType[concealed](err); ok {
		attrs = append(attrs, slog.String("cause", c.cause.Error()))
	}
	c.log.LogAttrs(ctx, level, "call", attrs...)
}

// mixID returns the id of the mix that a request is about, if any.
func mixID(req any) string {
	switch r := req.(type) {
	case interface{ GetId() string }:
		return r.GetId()
	case interface{ GetSpec() *pb.MixSpec }:
		return r.GetSpec().GetId()
	}
	return ""
}

// firstMessage notes the id in the first request of a stream.
type firstMessage struct {
	grpc.ServerStream
	id string
}

// RecvMsg receives as the stream does.
func (f *firstMessage) RecvMsg(m any) error {
	err := f.ServerStream.RecvMsg(m)
	if err == nil && f.id == "" {
		// An upload may still be received when its call has ended; it has no id.
		if id := mixID(m); id != "" {
			f.id = id
		}
	}
	return err
}
