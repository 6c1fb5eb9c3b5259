package server

import (
	"context"
	"crypto/x509"
	"errors"
	"net/netip"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/guard"
)

// doorkeeper lets calls in before any of their bytes is read.
type doorkeeper struct {
	door *guard.Door // nil lets everybody do everything
}

// stream refuses a call, or lets its handler see who calls.
func (k doorkeeper) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	ctx, need := stream.Context(), need(info.FullMethod)
	who, err := k.enter(ctx, info.FullMethod, need)
	if err != nil {
		return refusalStatus(err)
	}
	return handler(srv, &admitted{
		ServerStream: stream, ctx: guard.NewContext(ctx, who), keeper: k, who: who, need: need,
	})
}

func (k doorkeeper) enter(ctx context.Context, method string, need guard.Scope) (guard.Principal, error) {
	if k.door == nil {
		return guard.Principal{Scopes: guard.Everything}, nil
	}
	v := guard.Visitor{Need: need, What: method}
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		if values := md.Get("authorization"); len(values) > 0 {
			v.Authorization = values[0]
		}
	}
	p, ok := peer.FromContext(ctx)
	if ok && inProcess(p.Addr) {
		if who, ok := carried(ctx); ok {
			return k.door.Admit(who, need, method)
		}
	} else if ok {
		v.Peer, v.Certificate = addressOf(p.Addr.String()), clientCertificate(p.AuthInfo)
	}
	return k.door.Enter(v)
}

// addressOf returns the address in host:port; an invalid one if there is none.
func addressOf(hostPort string) netip.Addr {
	ap, _ := netip.ParseAddrPort(hostPort) // the zero value is invalid
	return ap.Addr()
}

// clientCertificate returns the verified certificate of the client; nil for none.
func clientCertificate(info credentials.AuthInfo) *x509.Certificate {
	tls, ok := info.(credentials.TLSInfo)
	if !ok || len(tls.State.VerifiedChains) == 0 {
		return nil
	}
	return tls.State.VerifiedChains[0][0]
}

// still returns an error if a call that was let in would not be now.
func (k doorkeeper) still(who guard.Principal, need guard.Scope) error {
	if k.door == nil || need == 0 || k.door.Still(who, need) {
		return nil
	}
	return refusalStatus(guard.ErrUnknown)
}

// admitted is the stream of a call that was let in. It ends when the caller's token is
// revoked, and tells secrets only to those who may see them.
type admitted struct {
	grpc.ServerStream
	ctx    context.Context
	keeper doorkeeper
	who    guard.Principal
	need   guard.Scope
}

// Context returns the call's context with who calls.
func (a *admitted) Context() context.Context { return a.ctx }

// RecvMsg receives as the stream does.
func (a *admitted) RecvMsg(m any) error {
	if err := a.keeper.still(a.who, a.need); err != nil {
		return err
	}
	return a.ServerStream.RecvMsg(m)
}

// SendMsg sends m, without what the caller may not see. It does not change m.
func (a *admitted) SendMsg(m any) error {
	if err := a.keeper.still(a.who, a.need); err != nil {
		return err
	}
	if msg, ok := m.(proto.Message); ok && !a.who.Scopes.Has(guard.Mix) {
		m = withoutSecrets(msg)
	}
	return a.ServerStream.SendMsg(m)
}

// refusalStatus returns what a Door says as a gRPC status.
func refusalStatus(err error) error {
	code := codes.PermissionDenied
	switch {
	case errors.Is(err, guard.ErrUnknown):
		code = codes.Unauthenticated
	case errors.Is(err, guard.ErrRate):
		code = codes.ResourceExhausted
	}
	st := status.New(code, err.Error())
	if busy, ok := errors.AsType[guard.Busy](err); ok {
		if with, detailErr := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(busy.Wait)}); detailErr == nil {
			st = with
		}
	}
	return st.Err()
}

// streamed returns desc with each unary call as a stream of one message each way, which
// is the same on the wire. gRPC reads the request of a unary call whole before it asks
// anybody whether the caller may send one; that of a stream is read when its handler
// asks for it.
func streamed(desc grpc.ServiceDesc) *grpc.ServiceDesc {
	desc.Streams = append([]grpc.StreamDesc(nil), desc.Streams...)
	for _, method := range desc.Methods {
		desc.Streams = append(desc.Streams, grpc.StreamDesc{
			StreamName: method.MethodName,
			// It sends a stream of one. gRPC asks stream interceptors about streams alone.
			ServerStreams: true,
			Handler: func(srv any, stream grpc.ServerStream) error {
				resp, err := method.Handler(srv, stream.Context(), stream.RecvMsg, nil)
				if err != nil {
					return err
				}
				return stream.SendMsg(resp)
			},
		})
	}
	desc.Methods = nil
	return &desc
}
