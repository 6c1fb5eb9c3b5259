package main

import (
	"errors"

	"github.com/lianmai/lianmai/template"
)

// fault is something that is wrong with a file or a request.
type fault struct {
	Path    string `json:"path"` // of the field; empty for the whole
	Allowed string `json:"allowed"`
}

// String returns the fault in one line.
func (f fault) String() string { return remark(f.Path, f.Allowed) }

// warning is something in a file that is allowed but perhaps not meant.
type warning struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// String returns the warning in one line.
func (w warning) String() string { return remark(w.Path, w.Text) }

// remark joins a path and what is to be said of it. Both can quote a file.
func remark(path, text string) string {
	if path == "" {
		return printable(text)
	}
	return printable(path + ": " + text)
}

// verdict is what was found out about a file.
type verdict struct {
	File     string    `json:"file"`
	OK       bool      `json:"ok"`
	Faults   []fault   `json:"faults"`
	Warnings []warning `json:"warnings"`
}

// faultsOf lists what an error says is wrong.
func faultsOf(err error) []fault {
	if listed, ok := errors.AsType[template.Faults](err); ok {
		var faults []fault
		for _, f := range listed {
			faults = append(faults, fault{f.Path, f.Allowed})
		}
		return faults
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		if faults := refused.faults(); len(faults) > 0 {
			for i := range faults {
				if faults[i].Path == "text" { // the request's field: the whole file
					faults[i].Path = ""
				}
			}
			return faults
		}
		return []fault{{"", refused.status.Message()}}
	}
	return []fault{{"", err.Error()}}
}

// eachFile does something with every file and tells what came of each. What is wrong
// with one does not keep it from the others. It ends at once with an error that is about
// none of them: the service is away, or the command line is wrong.
func eachFile(files []string, do func(file string) ([]warning, error), tell func(verdict) error) error {
	if err := readOnce(files); err != nil {
		return err
	}
	failed := false
	for _, file := range files {
		v := verdict{File: file, OK: true, Faults: []fault{}, Warnings: []warning{}}
		warnings, err := do(file)
		if err != nil {
			if refused, ok := errors.AsType[*refusal](err); ok && refused.unanswered() {
				return err
			}
			if _, ok := errors.AsType[usageError](err); ok {
				return err
			}
			failed, v.OK, v.Faults = true, false, faultsOf(err)
		}
		v.Warnings = append(v.Warnings, warnings...)
		if err := tell(v); err != nil {
			return err
		}
	}
	if failed {
		return silentError{exitFailed}
	}
	return nil
}

// readOnce refuses to read standard input twice.
func readOnce(files []string) error {
	n := 0
	for _, file := range files {
		if file == standard {
			n++
		}
	}
	if n > 1 {
		return usagef("standard input (-) can be read only once")
	}
	return nil
}

// faults writes the faults of a file, one in a line, with its name in front.
func (p printer) faults(v verdict) error {
	for _, f := range v.Faults {
		if err := p.printf("%s: %s", p.paint(bold, v.File), p.paint(red, f.String())); err != nil {
			return err
		}
	}
	return nil
}

// warnings writes the warnings of a file likewise.
func (p printer) warnings(v verdict) error {
	for _, w := range v.Warnings {
		if err := p.printf("%s: %s", p.paint(bold, v.File), p.paint(yellow, "warning: "+w.String())); err != nil {
			return err
		}
	}
	return nil
}
