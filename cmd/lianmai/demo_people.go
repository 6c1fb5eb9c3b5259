package main

import (
	"context"
	"sync"
	"time"

	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/rtmp"
)

// demoPeople are the demo's synthetic participants, as they come in the field: a
// host's phone, guests' phones at 15 fps, a native app that films in landscape, and
// one with 16 kHz sound.
var demoPeople = []publication{
	{number: 1, size: sizeFlag{540, 960}, rate: media.FPS(15), sampleRate: 48000, videoBitrate: 1_000_000},
	{number: 2, size: sizeFlag{360, 640}, rate: media.FPS(15), sampleRate: 48000, videoBitrate: 600_000},
	{number: 3, size: sizeFlag{640, 360}, rate: media.FPS(30), sampleRate: 44100, videoBitrate: 800_000},
	{number: 4, size: sizeFlag{360, 640}, rate: media.FPS(15), sampleRate: 16000, videoBitrate: 600_000},
	{number: 5, size: sizeFlag{480, 320}, rate: media.FPS(15), sampleRate: 48000, videoBitrate: 350_000},
	{number: 6, size: sizeFlag{360, 640}, rate: media.FPS(15), sampleRate: 48000, videoBitrate: 600_000},
}

// publish lets the six participants publish until ctx ends.
func (d *demonstration) publish(ctx context.Context, running *sync.WaitGroup) {
	for _, p := range demoPeople {
		name := participantName(p.number)
		u, err := rtmp.ParseURL(d.publishURL(streamName(p.number)))
		if err != nil {
			d.log.Error("participant cannot publish", "participant", name, "error", err)
			continue
		}
		p.url, p.gop, p.preset = u, 2*time.Second, "ultrafast"
		p.handler = demoTalk{d, name}
		running.Go(func() {
			if err := publish(ctx, p, 0, nil); err != nil {
				d.log.Error("participant stopped", "participant", name, "error", err)
			}
		})
	}
}

// demoTalk logs how a participant's connection is doing. It is an rtmp.PushHandler.
type demoTalk struct {
	d    *demonstration
	name string
}

// PushConnected implements rtmp.PushHandler.
func (t demoTalk) PushConnected() { t.d.log.Info("participant publishes", "participant", t.name) }

// PushDisconnected implements rtmp.PushHandler.
func (t demoTalk) PushDisconnected(err error, _ time.Duration) {
	t.d.log.Warn("participant lost the origin", "participant", t.name, "error", err)
}

// PushKeyFrameWanted implements rtmp.PushHandler.
func (demoTalk) PushKeyFrameWanted() {}
