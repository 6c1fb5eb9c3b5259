package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// statusLine keeps one line at the bottom of a terminal up to date. Elsewhere it
// writes nothing but what printf is given.
type statusLine struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	shown    bool
}

func newStatusLine(w io.Writer) *statusLine { return &statusLine{w: w, terminal: isTerminal(w)} }

// printf writes a line for good, above the status line.
func (s *statusLine) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wipe()
	fmt.Fprintln(s.w, printable(fmt.Sprintf(format, args...)))
}

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
			s.mu.Lock()
			s.wipe()
			s.mu.Unlock()
			return
		case <-tick.C:
			if line := text(); line != "" {
				s.mu.Lock()
				s.wipe()
				fmt.Fprint(s.w, printable(line))
				s.shown = true
				s.mu.Unlock()
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
