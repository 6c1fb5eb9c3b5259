package server

import (
	"context"
	"encoding/json"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/lianmai/lianmai/guard"
)

// callerHeader carries who calls from one part of this process to another. It counts only
// on connections that nobody outside can make.
const callerHeader = "lianmai-caller-bin"

// inProcess reports whether a connection was made within this process, by an in-memory
// listener.
func inProcess(addr net.Addr) bool {
	switch addr.(type) {
	case *net.TCPAddr, *net.UnixAddr:
		return false
	}
	return addr.Network() == "bufconn" || addr.Network() == "pipe"
}

// LocalOptions are for a client of the API within this process that stands before callers
// whom the HTTP listener has let in: its calls are theirs.
func LocalOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return next(carry(ctx), method, req, reply, cc, opts...)
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, next grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			return next(carry(ctx), desc, cc, method, opts...)
		}),
	}
}

// carry puts who calls into the metadata of a call.
func carry(ctx context.Context) context.Context {
	md, _ := metadata.FromOutgoingContext(ctx)
	md = md.Copy()
	md.Delete(callerHeader) // whatever a request brought under that name
	if who, ok := guard.FromContext(ctx); ok {
		if text, err := json.Marshal(who); err == nil {
			md.Set(callerHeader, string(text))
		}
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// carried returns what carry put there.
func carried(ctx context.Context) (who guard.Principal, ok bool) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get(callerHeader)
	if len(values) != 1 {
		return who, false
	}
	return who, json.Unmarshal([]byte(values[0]), &who) == nil
}

// outsideTLS encrypts connections from outside and leaves alone those within the process.
type outsideTLS struct {
	credentials.TransportCredentials
}

// ServerHandshake makes the handshake of a connection from outside.
func (o outsideTLS) ServerHandshake(nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if inProcess(nc.RemoteAddr()) {
		return nc, nil, nil
	}
	return o.TransportCredentials.ServerHandshake(nc)
}

// Clone returns a copy.
func (o outsideTLS) Clone() credentials.TransportCredentials {
	return outsideTLS{o.TransportCredentials.Clone()}
}
