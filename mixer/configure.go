package mixer

import (
	"bytes"
	"errors"

	"github.com/lianmai/lianmai/decode"
	"github.com/lianmai/lianmai/media"
)

// configure makes a decoder for a new sequence header. The same header again is
// no news: some senders repeat it with every key frame. On an error the decoder that
// was there goes on.
func (d *decoding) configure(pkt media.Packet) error {
	own, _ := d.s.feed.(decoders)
	if d.begun[pkt.Kind] && len(pkt.Data) > 0 {
		own = nil // a header that changes within a file says all that there is to say
	}
	d.begun[pkt.Kind] = true
	if pkt.Kind == media.Video {
		if d.video != nil && bytes.Equal(pkt.Data, d.videoConfig) {
			return nil
		}
		video, err := func() (*decode.Video, error) {
			if own != nil {
				return own.NewVideo(decode.VideoOptions{})
			}
			return decode.NewVideo(pkt.Codec, pkt.Data, decode.VideoOptions{})
		}()
		if errors.Is(err, decode.ErrTooLarge) || errors.Is(err, decode.ErrUnsupported) && pkt.Codec != media.CodecNone {
			d.refuse(err)
		}
		if err != nil {
			return err
		}
		d.video.Close()
		d.video, d.videoConfig, d.damaged, d.coarse = video, pkt.Data, false, false
		d.forget()
		d.accept()
		return nil
	}
	if d.audio != nil && bytes.Equal(pkt.Data, d.audioConfig) {
		return nil
	}
	sound, err := func() (*decode.Audio, error) {
		if own != nil {
			return own.NewAudio()
		}
		return decode.NewAudio(pkt.Codec, pkt.Data)
	}()
	if err != nil {
		return err
	}
	d.audio.Close()
	d.audio, d.audioConfig = sound, pkt.Data
	return nil
}

// refuse ends the decoder: what comes now is nothing that it could show.
func (d *decoding) refuse(why error) {
	d.video.Close()
	d.video, d.videoConfig = nil, nil
	d.forget()
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	d.s.refused = why.Error()
}

// accept ends what refuse began.
func (d *decoding) accept() {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	d.s.refused = ""
}

// forget drops what is kept: it was for another decoder.
func (d *decoding) forget() {
	d.backlog.clear()
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	d.s.kept = 0
}
