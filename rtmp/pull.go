package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/lianmai/lianmai/media"
)

const defaultMediaTimeout = 10 * time.Second

// PullConfig says what Pull reads and how patient it is. Zero fields mean the defaults.
type PullConfig struct {
	URL URL
	// DialTimeout bounds everything from dialling to the server's yes to play; 5 s.
	DialTimeout time.Duration
	// MediaTimeout is how long no video and no audio may come before the connection
	// is given up, also right after connecting; 10 s. Time spent in the handler does not count.
	MediaTimeout time.Duration
	Backoff      Backoff
	// TLS is for rtmps; nil means the system's roots and the host's name.
	TLS *tls.Config
	// Log gets connects and disconnects; nil means nobody.
	Log *slog.Logger
	// Dial opens the network connection; nil means net.Dialer's.
	Dial DialFunc
}

// PullHandler takes what Pull has to tell, from Pull's goroutine, one call at a
// time. It may block: that holds up reading, and so the sender.
type PullHandler interface {
	// PullConnected is called when the server has agreed to play. Timestamps may have
	// nothing to do with those from before.
	PullConnected()
	// PullPacket hands over a packet with times as sent: DTS in 0–2³²−1 ms, which may
	// start anywhere, jump and wrap; PTS is DTS plus the composition time, which may be
	// negative. Configurations come first as a rule, and again whenever the sender
	// repeats or changes them. The handler may keep Data; nobody changes it.
	PullPacket(media.Packet)
	// PullDisconnected is called when an attempt failed or a connection ended, with
	// one of this package's errors and the time until the next attempt. It is not
	// called for the end by ctx.
	PullDisconnected(err error, retryIn time.Duration)
}

// PullNoticer is implemented by a PullHandler that wants to know of media that is left
// out because it cannot be read.
type PullNoticer interface {
	// PullIgnored is called once for each codec of such media on each connection (for at
	// most eight), such as "video codec av01".
	PullIgnored(kind media.Kind, what string)
}

// Pull plays the stream at cfg.URL and reconnects without end. It returns ctx's error
// when ctx is done, after the connection is closed and nothing of it runs any more,
// or ErrURL at once if there is no URL.
func Pull(ctx context.Context, cfg PullConfig, h PullHandler) error {
	if cfg.URL.IsZero() {
		return fmt.Errorf("%w: empty", ErrURL)
	}
	if cfg.DialTimeout <= 0 {
		cfg.DialTimeout = defaultDialTimeout
	}
	if cfg.MediaTimeout <= 0 {
		cfg.MediaTimeout = defaultMediaTimeout
	}
	p := &puller{cfg: cfg, h: h, log: discard(cfg.Log).With("url", cfg.URL)}
	retry := newRetry(cfg.Backoff)
	for {
		flowed, err := p.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		wait := retry.next(flowed)
		p.log.Warn("pull disconnected", "error", err, "retry_in", wait)
		h.PullDisconnected(err, wait)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

type puller struct {
	cfg PullConfig
	h   PullHandler
	log *slog.Logger
	// told holds what has been noticed on this connection.
	told map[notice]bool
}

// maxNotices bounds the different notices of one connection.
const maxNotices = 8

// once runs one connection to its end, and returns for how long media flowed.
func (p *puller) once(ctx context.Context) (time.Duration, error) {
	d := dialer{url: p.cfg.URL, timeout: p.cfg.DialTimeout, writeTimeout: p.cfg.DialTimeout, tls: p.cfg.TLS, dial: p.cfg.Dial}
	c, err := d.open(ctx)
	if err != nil {
		return 0, err
	}
	release := closeOnDone(ctx, c.nc)
	defer release()
	defer c.nc.Close()
	p.log.Info("pull connected")
	p.h.PullConnected()
	p.told = make(map[notice]bool)
	return p.stream(c)
}

// stream hands over what comes until the connection ends.
func (p *puller) stream(c *client) (flowed time.Duration, err error) {
	var first, last time.Time
	m := c.first
	deadline := time.Now().Add(p.cfg.MediaTimeout)
	for {
		if m == nil {
			if err := c.nc.SetReadDeadline(deadline); err != nil {
				return last.Sub(first), readError(err)
			}
			if m, err = c.read(); err != nil {
				if errors.Is(err, os.ErrDeadlineExceeded) {
					err = fmt.Errorf("%w for %v", ErrNoMedia, p.cfg.MediaTimeout)
				}
				return last.Sub(first), err
			}
		}
		if m.Type == typeAudio || m.Type == typeVideo {
			p.media(m)
			last = time.Now()
			deadline = last.Add(p.cfg.MediaTimeout)
			if first.IsZero() {
				first = last
			}
		} else if err := c.ended(m); err != nil {
			return last.Sub(first), err
		}
		m = nil
	}
}

func (p *puller) media(m *message) {
	packet, ok, why := parseMedia(m)
	if ok {
		p.h.PullPacket(packet)
	} else if why != "" && !p.told[why] && len(p.told) < maxNotices {
		p.told[why] = true
		p.log.Warn("pull ignores what it cannot read", "what", string(why))
		if n, wants := p.h.(PullNoticer); wants && why.codec() {
			n.PullIgnored(packet.Kind, string(why))
		}
	}
}

// ended returns an error if the message says that the stream is over.
func (c *client) ended(m *message) error {
	switch m.Type {
	case typeUserControl: // only the end of the stream gets here
		return ErrEnded
	case typeCommandAMF0:
		cmd, err := parseCommand(m)
		if err != nil {
			return err
		}
		if cmd.name == "close" {
			return ErrEnded
		}
		if cmd.name != "onStatus" {
			return nil
		}
		s := cmd.status()
		switch s.code {
		case "NetStream.Play.UnpublishNotify", "NetStream.Play.Stop", "NetStream.Play.Complete":
			return ErrEnded
		}
		if s.failed() {
			return c.rejected("play", s)
		}
	}
	return nil
}
