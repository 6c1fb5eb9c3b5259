package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// board keeps meters at the bottom of a terminal and redraws them in place; events
// scroll away above them (ECMA-48: CUU, EL, ED).
type board struct {
	out    printer
	size   func() (width, height int) // of the terminal, in characters
	meters *pb.Meters
	music  []*pb.MusicStats
	rows   int // how many lines are drawn
}

// newBoard returns a board on w; nil when w is no terminal that it could redraw.
func newBoard(w io.Writer) *board {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &board{out: newPrinter(w), size: func() (int, int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}}
}

// update shows one message of a watch. dropped is how many losses were told.
func (b *board) update(msg *pb.WatchMixResponse, dropped *int64) error {
	var above bytes.Buffer
	p := printer{w: &above, colours: b.out.colours}
	var err error
	switch u := msg.GetUpdate().(type) {
	case *pb.WatchMixResponse_Meters:
		b.meters = u.Meters
		err = p.lost(msg.GetDropped(), dropped)
	case *pb.WatchMixResponse_Stats:
		b.music = u.Stats.GetMusic()
		err = p.lost(msg.GetDropped(), dropped)
	default:
		if stats := msg.GetSnapshot().GetStats(); stats != nil {
			b.meters, b.music = stats.GetMeters(), stats.GetMusic()
		}
		err = p.update(msg, dropped)
	}
	if err != nil {
		return err
	}
	return b.draw(above.String())
}

// end leaves the board on the screen and takes away what the terminal wrote below it:
// the ^C of who ends the watch.
func (b *board) end() { fmt.Fprint(b.out.w, "\r\x1b[K") }

// draw replaces the board by text that stays and the board as it is now. It is one
// write, so that nothing flickers.
func (b *board) draw(above string) error {
	var out strings.Builder
	if b.rows > 0 {
		fmt.Fprintf(&out, "\x1b[%dA", b.rows)
	}
	if above != "" {
		out.WriteString("\r\x1b[J" + above)
	}
	width, height := b.size()
	var lines []string
	if b.meters != nil {
		lines = b.out.meterLines(b.meters, b.music, width-1) // a full line would wrap
	}
	// What scrolled out at the top could not be redrawn.
	lines = lines[:min(len(lines), max(height-1, 0))]
	for _, line := range lines {
		out.WriteString("\r" + line + "\x1b[K\n")
	}
	out.WriteString("\x1b[J")
	b.rows = len(lines)
	_, err := io.WriteString(b.out.w, out.String())
	return err
}
