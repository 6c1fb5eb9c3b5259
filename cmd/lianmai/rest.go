package main

import (
	"context"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/lianmai/lianmai/gateway"
	"github.com/lianmai/lianmai/server"
)

// localBuffer is how many bytes may be under way from REST to the service, each way.
const localBuffer = 256 << 10

// restSide is the API as REST, and the way within the process from there to the service.
type restSide struct {
	local    net.Listener // where the service is to listen, too
	handlers map[string]http.Handler
	conn     *grpc.ClientConn
}

// newRESTSide returns the REST side of a service that does not run yet.
func newRESTSide() (*restSide, error) {
	local := bufconn.Listen(localBuffer)
	// A caller who is known to the HTTP listener keeps its scopes on the way.
	conn, err := grpc.NewClient("passthrough:///local", append(server.LocalOptions(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return local.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return nil, err
	}
	handler, err := gateway.New(gateway.Config{Conn: conn})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return &restSide{local: local, handlers: map[string]http.Handler{"/": handler}, conn: conn}, nil
}

// close ends the way to the service.
func (s *restSide) close() {
	_ = s.conn.Close() // it fails only when it is closed already
	_ = s.local.Close()
}
