package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// statusLine keeps one line at the bottom of a terminal up to date. Elsewhere it
// writes nothing.
type statusLine struct {
	w        io.Writer
	terminal bool
	shown    bool
}

func newStatusLine(w io.Writer) *statusLine { return &statusLine{w: w, terminal: isTerminal(w)} }

// everySecond shows what text returns, once a second until ctx ends, and wipes it then.
func (s *statusLine) everySecond(ctx context.Context, text func() string) {
	if !s.terminal {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.wipe()
			return
		case <-tick.C:
			if line := text(); line != "" {
				s.wipe()
				fmt.Fprint(s.w, printable(line))
				s.shown = true
			}
		}
	}
}

// wipe clears the line that is shown (ECMA-48: EL).
func (s *statusLine) wipe() {
	if s.shown {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.shown = false
	}
}
