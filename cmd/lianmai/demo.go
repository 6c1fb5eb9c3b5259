package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"

	"github.com/lianmai/lianmai/config"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/layout"
	"github.com/lianmai/lianmai/rtmp"
	"github.com/lianmai/lianmai/server"
)

// demoFlags is what `lianmai demo` is told.
type demoFlags struct {
	duration time.Duration
	out      string
	size     sizeFlag
	verbose  bool
}

func newDemoCommand() *cobra.Command {
	f := demoFlags{size: sizeFlag{720, 1280}}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show a mix of six synthetic participants at work",
		Long: `Run everything on this machine: an RTMP origin, the service, six synthetic
participants that publish over real RTMP, and one mix that is changed while it runs.
The mix is received as a player would receive it, recorded and judged. The exit code
is 0 only if it was correct.`,
		Example: `  lianmai demo
  lianmai demo --duration 0          # until Ctrl-C
  lianmai demo --size 1280x720 --out /tmp/demo`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.duration, "duration", time.Minute, "how long to run; 0 = until Ctrl-C")
	flags.StringVar(&f.out, "out", "out", "`DIR` for the recording and the contact sheet")
	flags.Var(&f.size, "size", "size of the mix in pixels")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "the service's log, too")
	return cmd
}

// demonstration is one run of the demo.
type demonstration struct {
	demoFlags
	out      printer
	log      *slog.Logger
	origin   *rtmp.Origin
	keys     *guard.StreamKeys
	grpcAddr string
	client   pb.MixServiceClient
	record   *recorder
	began    time.Time
	shown    []shownScene
}

// shownScene is a scene with the stream time at which it was asked for.
type shownScene struct {
	scene
	from time.Duration
}

func demo(ctx context.Context, f demoFlags, stdout, stderr io.Writer) (err error) {
	if f.size.Width%2 != 0 || f.size.Height%2 != 0 || min(f.size.Width, f.size.Height) < 360 || max(f.size.Width, f.size.Height) > 1920 {
		return usagef("--size %s: both sides must be even and 360 to 1920 pixels", f.size.String())
	}
	if f.duration != 0 && f.duration < 10*time.Second {
		return usagef("--duration %v: a mix takes some seconds to be judged; 10s or more, or 0", f.duration)
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return err
	}
	level := "error"
	if f.verbose {
		level = "info"
	}
	d := &demonstration{demoFlags: f, out: newPrinter(stdout), log: newLogger(stderr, config.Log{Level: level, Format: "auto"})}
	// Ctrl-C ends the show, not the judging of it.
	services, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer func() { stop(); running.Wait() }()
	if err := d.serve(services, &running); err != nil {
		return err
	}
	d.publish(services, &running)
	return d.show(ctx, services)
}

// serve starts the origin and the service, on free ports where the usual are taken.
func (d *demonstration) serve(ctx context.Context, running *sync.WaitGroup) error {
	defaults := config.Default()
	secret, _ := guard.NewToken() // for as long as the demo runs
	keys, err := guard.NewStreamKeys(secret)
	if err != nil {
		return err
	}
	d.keys = keys
	d.origin = rtmp.NewOrigin(rtmp.OriginConfig{
		Addr: freeAddr(defaults.RTMP), Log: d.log.With("part", "origin"), Authorize: authorizer(keys, false),
	})
	if err := d.origin.Start(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", freeAddr(defaults.GRPC))
	if err != nil {
		return errors.Join(err, d.origin.Close())
	}
	d.grpcAddr = listener.Addr().String()
	fonts := newFonts(d.log)
	policy := guard.Policy{Origin: d.origin.Addr().String()}
	gate, err := policy.Gate()
	if err != nil {
		return errors.Join(err, d.origin.Close(), listener.Close())
	}
	engine := newEngine(engineSettings{policy: policy, worker: defaults.Worker, log: d.log})
	srv, err := server.New(server.Config{
		GRPC: listener, Gate: gate, Log: d.log, Version: version, Fonts: fonts, Mixes: server.NewRegistry(engine, nil, server.Limits{}),
	})
	if err != nil {
		return errors.Join(err, d.origin.Close(), listener.Close())
	}
	running.Go(func() {
		if err := srv.Serve(ctx); err != nil {
			d.log.Error("the service failed", "error", err)
		}
		engine.Close()
		_ = d.origin.Close()
	})
	conn, err := grpc.NewClient(d.grpcAddr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	d.client = pb.NewMixServiceClient(conn)
	return nil
}

// freeAddr returns addr, or the same host with port 0 if addr's port is taken.
func freeAddr(addr string) string {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		host, _, _ := net.SplitHostPort(addr)
		return net.JoinHostPort(host, "0")
	}
	_ = l.Close()
	return addr
}

func (d *demonstration) url(stream string) string {
	return "rtmp://" + d.origin.Addr().String() + "/live/" + stream
}

// publishURL is url with the key that the origin wants of publishers.
func (d *demonstration) publishURL(stream string) string {
	return d.url(stream) + "?" + d.keys.Pair(guard.Publish, "live/"+stream, time.Time{})
}

// streamName is what participant n publishes as.
func streamName(n int) string { return fmt.Sprintf("p%d", n) }

// show runs the mix through its scenes and judges what was received.
func (d *demonstration) show(ctx, services context.Context) error {
	if err := d.awaitStreams(ctx, 6); err != nil {
		return err
	}
	flv, png := filepath.Join(d.demoFlags.out, "demo.flv"), filepath.Join(d.demoFlags.out, "demo.png")
	d.record = newRecorder(flv, d.size.Width, d.size.Height)
	if err := d.out.printf("service   %s\nwatch     ffplay %s\n          lianmai mix watch --server %s demo\n",
		d.grpcAddr, d.url("mix"), d.grpcAddr); err != nil {
		return err
	}
	watching, stop := context.WithCancel(services)
	var player sync.WaitGroup
	err := d.scenes(ctx, func() { d.watch(watching, &player) })
	stop()
	player.Wait()
	if err != nil {
		return err
	}
	report, err := d.record.finish()
	if err != nil {
		return fmt.Errorf("writing %s: %w", flv, err)
	}
	if err := writeContactSheet(d.record.sheet, png); err != nil {
		return err
	}
	return d.verdict(report, flv, png)
}

// awaitStreams returns when so many participants are published.
func (d *demonstration) awaitStreams(ctx context.Context, want int) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		live := len(d.origin.Streams())
		if live >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d participants could publish", live, want)
		case <-tick.C:
		}
	}
}

// scenes starts the mix with the first scene, goes on to the others in equal parts
// of the duration, and stops it at the end. watch is called when there is a mix.
func (d *demonstration) scenes(ctx context.Context, watch func()) error {
	each := d.duration / time.Duration(len(demoScenes))
	if each < 4*time.Second {
		each = 4 * time.Second // fewer scenes rather than ones too short to see
	}
	d.began = time.Now()
	var end <-chan time.Time
	if d.duration > 0 {
		end = time.After(d.duration)
	}
	next := time.NewTimer(0)
	defer next.Stop()
	order := demoOrder(d.duration, each)
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return d.stopMix(context.WithoutCancel(ctx))
		case <-end:
			return d.stopMix(ctx)
		case <-next.C:
		}
		if err := d.enter(ctx, order[i%len(order)], i == 0); err != nil {
			return err
		}
		if i == 0 {
			watch()
		}
		next.Reset(time.Until(d.began.Add(time.Duration(i+1) * each)))
	}
}

// demoOrder chooses the scenes that fit into the duration, spread over all of them.
func demoOrder(duration, each time.Duration) []scene {
	n := len(demoScenes)
	fit := n
	if duration > 0 {
		fit = min(n, max(1, int(duration/each)))
	}
	var order []scene
	for i := range fit {
		// The last is always there: with few scenes, six people come first.
		order = append(order, demoScenes[n-1-(fit-1-i)*(n-1)/max(1, fit-1)])
	}
	if fit == 1 {
		order[0] = demoScenes[5]
	}
	return order
}

// enter asks the service for a scene.
func (d *demonstration) enter(ctx context.Context, s scene, first bool) error {
	at, _ := d.record.streamTime()
	d.shown = append(d.shown, shownScene{s, at})
	spec := s.spec("demo", d.publishURL("mix"), layout.Size{W: d.size.Width, H: d.size.Height}, func(n int) string {
		return d.url(streamName(n))
	})
	var err error
	if first {
		_, err = d.client.StartMix(ctx, &pb.StartMixRequest{Spec: spec})
	} else {
		_, err = d.client.UpdateMix(ctx, &pb.UpdateMixRequest{Spec: spec})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.title, err)
	}
	// The page gets the scene as it is when it has settled.
	time.AfterFunc(sceneSettle, func() { d.record.sheet.Mark(s.title) })
	return d.out.printf("%s  %-38s %s", d.out.paint(grey, clock(time.Since(d.began))), s.title, d.out.paint(grey, s.template))
}

// clock formats a time as minutes and seconds.
func clock(t time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(t.Minutes()), int(t.Seconds())%60)
}

func (d *demonstration) stopMix(ctx context.Context) error {
	d.record.expectEnd()
	_, err := d.client.StopMix(ctx, &pb.StopMixRequest{Id: "demo"})
	return err
}

// watch receives the mix until ctx ends.
func (d *demonstration) watch(ctx context.Context, player *sync.WaitGroup) {
	u, err := rtmp.ParseURL(d.url("mix"))
	if err != nil {
		d.log.Error("cannot watch the mix", "error", err)
		return
	}
	player.Go(func() { _ = rtmp.Pull(ctx, rtmp.PullConfig{URL: u}, d.record) })
}
