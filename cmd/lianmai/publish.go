package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/guard"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/pattern"
	"github.com/lianmai/lianmai/rtmp"
)

func newPublishCommand() *cobra.Command {
	p := publication{number: 1, size: sizeFlag{360, 640}, sampleRate: 48000, gop: 2 * time.Second}
	fps, bitrate := fpsFlag{media.FPS(15)}, bitrateFlag(1_500_000)
	var duration time.Duration
	var secret, secrets string
	cmd := &cobra.Command{
		Use:   "publish URL",
		Short: "Publish a synthetic participant",
		Long: `Publish a synthetic participant: a face-like moving picture with its number and a
millisecond clock (also as a code that machines read in a small tile), a tone of its
own, and once a second a white flash with a beep at the same instant. It connects
again whenever it loses the server. "lianmai check" judges what a mix makes of it.`,
		Example: `  lianmai publish rtmp://127.0.0.1:1935/live/host
  lianmai publish rtmp://127.0.0.1:1935/live/guest --pattern 2 --size 1280x720 --fps 30
  lianmai publish rtmp://127.0.0.1:1935/live/phone --pattern 3 --audio 16000 --duration 1m`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, arguments []string) (err error) {
			if p.url, err = rtmp.ParseURL(arguments[0]); err != nil {
				return usageError{err}
			}
			if secret != "" || secrets != "" {
				if p.url, err = signed(p.url, guard.Publish, secret, secrets, 0); err != nil {
					return err
				}
			}
			p.rate, p.videoBitrate = fps.FrameRate, int(bitrate)
			if err := p.check(); err != nil {
				return usageError{err}
			}
			out := cmd.ErrOrStderr()
			p.handler = publishTalk{newPrinter(out)}
			return publish(cmd.Context(), p, duration, publishStatus(out))
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&p.number, "pattern", p.number, fmt.Sprintf("`NUMBER` of the participant, 1 to %d: its colour, tone and code", pattern.MaxNumber))
	flags.Var(&p.size, "size", "size of the picture in pixels")
	flags.Var(&fps, "fps", "frames per second")
	flags.IntVar(&p.sampleRate, "audio", p.sampleRate, "sample rate of the sound in `HZ`, such as 48000, 44100 or 16000")
	flags.Var(&bitrate, "video-bitrate", "bits per second of the picture")
	flags.DurationVar(&p.gop, "gop", p.gop, "time between key frames")
	flags.StringVar(&p.preset, "preset", "ultrafast", "x264 `PRESET`")
	flags.DurationVar(&duration, "duration", 0, "how long to publish; 0 = until Ctrl-C")
	flags.StringVar(&secrets, "publish-keys", "", "`FILE` of the secrets of a \"lianmai serve --publish-keys\": the URL is signed with the first")
	flags.StringVar(&secret, "publish-key", "", "such a `SECRET` itself")
	completeFrom(cmd, "preset", encode.Presets())
	return cmd
}

// check finds what is out of bounds.
func (p publication) check() error {
	switch {
	case p.number < 1 || p.number > pattern.MaxNumber:
		return fmt.Errorf("--pattern %d: 1 to %d are allowed", p.number, pattern.MaxNumber)
	case p.size.Width%2 != 0 || p.size.Height%2 != 0 || min(p.size.Width, p.size.Height) < pattern.MinSide || max(p.size.Width, p.size.Height) > media.MaxSide:
		return fmt.Errorf("--size %s: both sides must be even and %d to %d pixels", p.size.String(), pattern.MinSide, media.MaxSide)
	case p.rate.Float() < 1 || p.rate.Float() > 60:
		return fmt.Errorf("--fps %v: 1 to 60 are allowed", p.rate)
	case !aacRates[p.sampleRate]:
		return fmt.Errorf("--audio %d: AAC has 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 and 48000 Hz", p.sampleRate)
	case p.videoBitrate < 50_000 || p.videoBitrate > 50_000_000:
		return fmt.Errorf("--video-bitrate %d: 50k to 50M are allowed", p.videoBitrate)
	case p.gop < 100*time.Millisecond || p.gop > time.Minute:
		return fmt.Errorf("--gop %v: 100ms to 1m are allowed", p.gop)
	}
	return nil
}

// aacRates are the sample rates that phones and encoders use with AAC.
var aacRates = map[int]bool{8000: true, 11025: true, 12000: true, 16000: true, 22050: true, 24000: true, 32000: true, 44100: true, 48000: true}

// publishTalk tells a person how the connection is doing. It is an rtmp.PushHandler.
type publishTalk struct{ out printer }

// PushConnected implements rtmp.PushHandler.
func (t publishTalk) PushConnected() { _ = t.out.printf("%s", t.out.paint(green, "publishing")) }

// PushDisconnected implements rtmp.PushHandler.
func (t publishTalk) PushDisconnected(err error, retryIn time.Duration) {
	_ = t.out.printf("%s %v; next try in %v", t.out.paint(yellow, "not publishing:"), err, retryIn.Round(100*time.Millisecond))
}

// PushKeyFrameWanted implements rtmp.PushHandler.
func (publishTalk) PushKeyFrameWanted() {}

// keyFrameWish remembers that the server wants a key frame.
type keyFrameWish struct {
	rtmp.PushHandler
	wanted atomic.Bool
}

// PushKeyFrameWanted implements rtmp.PushHandler.
func (k *keyFrameWish) PushKeyFrameWanted() { k.wanted.Store(true) }

func (k *keyFrameWish) take() bool { return k.wanted.Swap(false) }

// publishStatus keeps one line up to date on a terminal and says nothing elsewhere.
func publishStatus(w io.Writer) func(time.Duration, rtmp.PushStats) {
	if !isTerminal(w) {
		return nil
	}
	var told time.Duration
	return func(sent time.Duration, st rtmp.PushStats) {
		if sent-told < time.Second {
			return
		}
		told = sent
		fmt.Fprintf(w, "\r%v  %v  %.1f MB sent  queue %v  %d reconnects \x1b[K",
			sent.Round(time.Second), st.State, float64(st.BytesSent)/1e6, st.Queue.Round(10*time.Millisecond), st.Reconnects)
	}
}
