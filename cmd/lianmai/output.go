package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// isTerminal says whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// wantsColour says whether what goes to w may have colours: only on a terminal, and
// not where the user asked for none (no-color.org).
func wantsColour(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// A colour is an ANSI SGR code.
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	grey   colour = "90"
)

// printer writes what a command has to say.
type printer struct {
	w       io.Writer
	colours bool
}

func newPrinter(w io.Writer) printer { return printer{w: w, colours: wantsColour(w)} }

// paint returns text in a colour, if there are colours.
func (p printer) paint(c colour, text string) string {
	if c == plain || !p.colours || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// printf writes a line of text for people.
func (p printer) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(p.w, format+"\n", args...)
	return err
}

// message writes m as JSON (protojson), one object in one line.
func (p printer) message(m proto.Message) error {
	text, err := protojson.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	// protojson varies its spaces on purpose; readers of lines should not see that.
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	line.WriteByte('\n')
	_, err = p.w.Write(line.Bytes())
	return err
}

// messages writes each message as JSON in a line.
func messages[M proto.Message](p printer, list []M) error {
	for _, m := range list {
		if err := p.message(m); err != nil {
			return err
		}
	}
	return nil
}

// object writes v as JSON, in one line.
func (p printer) object(v any) error {
	e := json.NewEncoder(p.w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// cell is one field of a table.
type cell struct {
	text   string
	colour colour
}

// row makes cells without a colour.
func row(texts ...string) []cell {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].text = text
	}
	return cells
}

// table writes rows in columns under a bold head.
func (p printer) table(head []string, rows [][]cell) error {
	all := make([][]cell, 0, len(rows)+1)
	all = append(all, row(head...))
	for i := range all[0] {
		all[0][i].colour = bold
	}
	all = append(all, rows...)
	widths := make([]int, len(head))
	for _, cells := range all {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	var out strings.Builder
	for _, cells := range all {
		for i, c := range cells {
			out.WriteString(p.paint(c.colour, c.text))
			if i < len(cells)-1 {
				out.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2))
			}
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(p.w, out.String())
	return err
}
