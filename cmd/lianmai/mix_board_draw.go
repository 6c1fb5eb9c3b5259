package main

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// What bars show: dBFS from quietestDB, the empty bar, to 0, the full one. From warmDB
// on it is yellow, from hotDB on red.
const (
	quietestDB = -60
	warmDB     = -18
	hotDB      = -6
)

// How wide parts of a line are, in characters.
const (
	longestName = 16
	widestBar   = 60 // one for each dB
	leastBar    = 8
	numbersWide = 3 * 7
)

// meterRow is a line of the board with a bar.
type meterRow struct {
	name            string
	speaking        bool
	rms, peak, lufs float64
}

// meterLines returns meters as lines of at most so many characters: one for each
// participant, two for the master, one for each track.
func (p printer) meterLines(m *pb.Meters, music []*pb.MusicStats, width int) []string {
	master := m.GetMaster()
	rows := make([]meterRow, 0, len(m.GetSources())+1)
	for _, s := range m.GetSources() {
		rows = append(rows, meterRow{printable(s.GetName()), s.GetSpeaking(), s.GetRmsDb(), s.GetPeakDb(), s.GetLufs()})
	}
	rows = append(rows, meterRow{"master", false, master.GetRmsDb(), master.GetPeakDb(), master.GetLufsShortTerm()})
	form := formOf(rows, width)
	lines := []string{p.paint(bold, cropped(form.head(m), width))}
	for _, row := range rows {
		lines = append(lines, p.meterRow(form, row))
	}
	lines = append(lines, cropped("  "+loudness(master), width))
	for _, t := range music {
		lines = append(lines, p.paint(stateColour(enumName(t.GetState())), cropped("♪ "+playing(t), width)))
	}
	return lines
}

// rowForm is how wide the parts of rows are: two characters for the dot, the name, the
// bar, the numbers; 0 for a part that has no room.
type rowForm struct{ name, bar, numbers int }

// formOf returns the form of rows of at most so many characters.
func formOf(rows []meterRow, width int) rowForm {
	f := rowForm{numbers: numbersWide}
	for _, row := range rows {
		f.name = max(f.name, min(utf8.RuneCountInString(row.name), longestName))
	}
	f.name = max(0, min(f.name, width-2))
	left := width - 2 - f.name - 1
	if left < leastBar+numbersWide {
		f.numbers = 0
	}
	f.bar = max(0, min(left-f.numbers, widestBar))
	return f
}

// head returns the heads of the columns.
func (f rowForm) head(m *pb.Meters) string {
	head := sessionTime(m.GetAt().AsDuration())
	if f.numbers == 0 {
		return head
	}
	return pad(head, 2+f.name+1+f.bar) + fmt.Sprintf(" %6s %6s %6s", "RMS", "PEAK", "LUFS")
}

// meterRow returns a row in its form.
func (p printer) meterRow(f rowForm, row meterRow) string {
	dot := "  "
	if row.speaking {
		dot = p.paint(green, "●") + " "
	}
	line := dot + pad(cropped(row.name, f.name), f.name)
	if f.bar > 0 {
		line += " " + p.bar(row.rms, row.peak, f.bar)
	}
	if f.numbers > 0 {
		line += fmt.Sprintf(" %6s %6s %6s", level(row.rms), level(row.peak), level(row.lufs))
	}
	return line
}

// bar returns a bar of so many characters: full up to rms, with a mark at peak.
func (p printer) bar(rms, peak float64, width int) string {
	full, mark := cellsOf(rms, width), cellsOf(peak, width)-1
	var out, run strings.Builder
	last := plain
	flush := func() {
		out.WriteString(p.paint(last, run.String()))
		run.Reset()
	}
	for i := range width {
		text, c := "·", grey
		if i < full {
			text = "█"
		}
		if i == mark && mark >= full {
			text = "│"
		}
		if text != "·" {
			c = heat(i, width)
		}
		if c != last {
			flush()
			last = c
		}
		run.WriteString(text)
	}
	flush()
	return out.String()
}

// cellsOf returns how many of a bar's characters a level fills.
func cellsOf(db float64, width int) int {
	share := (db - quietestDB) / -quietestDB
	if math.IsNaN(share) {
		return 0
	}
	return int(math.Round(min(max(share, 0), 1) * float64(width)))
}

// heat returns the colour of a bar's character.
func heat(cell, width int) colour {
	switch {
	case cell >= cellsOf(hotDB, width):
		return red
	case cell >= cellsOf(warmDB, width):
		return yellow
	default:
		return green
	}
}

// playing returns what a track is doing.
func playing(t *pb.MusicStats) string {
	text := fmt.Sprintf("%s %s %s", printable(t.GetName()), enumName(t.GetState()), position(t.GetPosition().AsDuration()))
	if d := t.GetDuration(); d != nil {
		text += " of " + position(d.AsDuration())
	}
	if n := t.GetPlayed(); n > 0 {
		text += fmt.Sprintf(", played %d×", n)
	}
	if reason := t.GetReason(); reason != "" {
		text += ": " + printable(reason)
	}
	return text
}

// cropped returns text of at most so many characters.
func cropped(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	if width < 1 {
		return ""
	}
	return string([]rune(text)[:width-1]) + "…"
}
