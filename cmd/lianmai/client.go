package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/lianmai/lianmai/config"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// serverEnv names the variable with the default of --server.
const serverEnv = config.EnvPrefix + "SERVER"

// client is how commands reach the service.
type client struct {
	server  string
	timeout time.Duration
	json    bool
	identity
}

// register adds the flags that all commands below cmd have.
func (c *client) register(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&c.server, "server", cmp.Or(os.Getenv(serverEnv), config.Default().GRPC),
		"address of the service, HOST:PORT; "+serverEnv+" sets the default")
	flags.DurationVar(&c.timeout, "timeout", 10*time.Second, "how long to wait for an answer")
	flags.BoolVar(&c.json, "json", false, "write JSON")
	c.identity.register(flags)
}

// tokenFrom names the flag or the variable that has the token; "" for no token.
func (c *client) tokenFrom() string {
	switch {
	case c.tokenFile != "":
		return "--token-file"
	case c.token != "":
		return "--token"
	case os.Getenv(tokenEnv) != "":
		return tokenEnv
	}
	return ""
}

// services is the whole API.
type services struct {
	pb.MixServiceClient
	pb.TemplateServiceClient
	pb.AssetServiceClient
}

// dial returns the API's client; the caller closes the connection. Nothing is sent
// yet.
func (c *client) dial() (services, *grpc.ClientConn, error) {
	options, err := c.identity.options()
	if err != nil {
		return services{}, nil, err
	}
	conn, err := grpc.NewClient("passthrough:///"+c.server, options...)
	if err != nil {
		return services{}, nil, usagef("--server %q: %w", c.server, err)
	}
	return services{pb.NewMixServiceClient(conn), pb.NewTemplateServiceClient(conn), pb.NewAssetServiceClient(conn)}, conn, nil
}

// within runs do with the API and a context that has the time limit. An error of do's
// that came from the service becomes a refusal; flagOf names the flag that a field of the
// request came from.
func (c *client) within(ctx context.Context, flagOf flagNames, do func(ctx context.Context, api services) error) error {
	return c.reach(flagOf, func(api services) error {
		ctx, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		return do(ctx, api)
	})
}

// transfer is within for a stream of parts: the time limit is for each of them. do calls
// moved after each.
func (c *client) transfer(ctx context.Context, flagOf flagNames, do func(ctx context.Context, api services, moved func()) error) error {
	return c.reach(flagOf, func(api services) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		late := time.AfterFunc(c.timeout, func() { cancel(context.DeadlineExceeded) })
		defer late.Stop()
		err := do(ctx, api, func() { late.Reset(c.timeout) })
		if err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return status.FromContextError(context.DeadlineExceeded).Err() // gRPC saw only that it was cancelled
		}
		return err
	})
}

// reach runs do with the API. An error of do's that came from the service becomes a
// refusal.
func (c *client) reach(flagOf flagNames, do func(api services) error) error {
	if c.timeout <= 0 {
		return usagef("--timeout must be more than 0")
	}
	api, conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close() // nothing is left to send
	err = do(api)
	if _, ok := status.FromError(err); err != nil && ok {
		return c.explain(err, flagOf)
	}
	return err
}

// call makes one call with the time limit.
func call[Req, Resp any](c *client, ctx context.Context,
	method func(services, context.Context, Req, ...grpc.CallOption) (Resp, error), req Req, flagOf flagNames,
) (Resp, error) {
	var resp Resp
	err := c.within(ctx, flagOf, func(ctx context.Context, api services) (err error) {
		resp, err = method(api, ctx, req)
		return err
	})
	return resp, err
}

// pages returns a list that the service hands out in pages.
func pages[T any](page func(token string) (items []T, next string, err error)) ([]T, error) {
	var all []T
	for token := ""; ; {
		items, next, err := page(token)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if token = next; token == "" {
			return all, nil
		}
	}
}

// pinned returns "name@version"; a template that is built in has no version: 0.
func pinned(name string, version int32) string {
	if version == 0 {
		return name
	}
	return fmt.Sprintf("%s@%d", name, version)
}

// cutVersion splits NAME[@VERSION]; version 0 is the newest. what is the flag or the
// argument that text is from.
func cutVersion(what, text string) (name string, version int32, err error) {
	name, number, found := strings.Cut(text, "@")
	if !found {
		return name, 0, nil
	}
	v, err := strconv.ParseInt(number, 10, 32)
	if err != nil || v < 1 || name == "" {
		return "", 0, usagef("%s %q: want NAME or NAME@VERSION, such as stage@2", what, text)
	}
	return name, int32(v), nil
}

// versioned is the flagNames of a request for NAME[@VERSION].
var versioned = namesOf(map[string]string{"name": "NAME", "version": "VERSION"})
