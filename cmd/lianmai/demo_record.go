package main

import (
	"sync"
	"time"

	"github.com/lianmai/lianmai/encode"
	"github.com/lianmai/lianmai/judge"
	"github.com/lianmai/lianmai/media"
)

// recorder is the demo's audience: it takes the mix as a player would, writes it
// into a file and has it judged. It is an rtmp.PullHandler.
type recorder struct {
	path  string
	size  [2]int
	judge *judge.Judge
	sheet *judge.Sheet

	mu      sync.Mutex
	configs [2][]byte
	file    *encode.File
	fileErr error
	first   time.Duration // DTS of the first packet
	started bool
	ending  bool          // the mix is being stopped: that the stream ends is no fault
	last    time.Duration // stream time of the newest packet
	packets int
}

func newRecorder(path string, width, height int) *recorder {
	sheet := judge.NewSheet(judge.SheetConfig{Every: -1})
	return &recorder{
		path: path, size: [2]int{width, height}, sheet: sheet,
		judge: judge.New(judge.Options{
			Sheet:  sheet,
			Expect: judge.Expect{Participants: 6, Width: width, Height: height, FrameRate: media.FPS(30)},
		}),
	}
}

// PullConnected implements rtmp.PullHandler.
func (r *recorder) PullConnected() {}

// PullDisconnected implements rtmp.PullHandler.
func (r *recorder) PullDisconnected(err error, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started && !r.ending {
		r.judge.Interrupted(err.Error())
	}
}

// PullPacket implements rtmp.PullHandler.
func (r *recorder) PullPacket(p media.Packet) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judge.Packet(p, now)
	if p.Config {
		r.configs[p.Kind] = p.Data
		return
	}
	if !r.started {
		r.started, r.first = true, p.DTS
	}
	r.packets++
	r.last = max(r.last, p.DTS-r.first)
	r.write(p)
}

// write adds the packet to the file, which begins when both configurations are known.
func (r *recorder) write(p media.Packet) {
	if r.fileErr != nil || r.configs[media.Video] == nil || r.configs[media.Audio] == nil {
		return
	}
	if r.file == nil {
		r.file, r.fileErr = encode.CreateFile(r.path, encode.FileConfig{
			Width: r.size[0], Height: r.size[1], FrameRate: media.FPS(30),
			VideoConfig: r.configs[media.Video], AudioConfig: r.configs[media.Audio],
		})
		if r.fileErr != nil {
			return
		}
	}
	p.DTS -= r.first
	p.PTS -= r.first
	r.fileErr = r.file.Write(p)
}

// streamTime returns how much of the stream has been received; started is false
// before the first packet.
func (r *recorder) streamTime() (t time.Duration, started bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.started
}

// expectEnd says that the stream is about to end.
func (r *recorder) expectEnd() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending = true
}

// finish closes the file and returns the verdict. No packet may follow.
func (r *recorder) finish() (judge.Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := r.judge.Finish()
	if r.file != nil && r.fileErr == nil {
		r.fileErr = r.file.Close()
	}
	return report, r.fileErr
}
