// Command openapi makes the one OpenAPI document of the API. It merges the documents that
// protoc-gen-openapiv3 makes of each proto, puts the overlay over them, which has what
// protos cannot say (raw bodies, server-sent events, the shape of errors), and lets every
// operation answer errors as the overlay's response `Problem` has it.
//
//	openapi OVERLAY DIR > openapi.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: openapi OVERLAY DIR")
	}
	doc := object{}
	err := filepath.WalkDir(args[1], func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".openapi.json") {
			return err
		}
		return doc.add(path)
	})
	if err != nil {
		return err
	}
	finish(doc)
	if err := doc.add(args[0]); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", " ")
	return out.Encode(doc)
}

// object is a JSON object; keys come out sorted.
type object map[string]any

// add merges the document of a file into o.
func (o object) add(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var more object
	if err := json.Unmarshal(data, &more); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	o.merge(more)
	return nil
}

// merge puts more over o: objects are merged, lists of tags joined, everything else
// replaced. An operation is replaced as a whole.
func (o object) merge(more object) {
	for key, value := range more {
		mine, ours := o[key].(map[string]any)
		theirs, both := value.(map[string]any)
		switch {
		case ours && both && !operation(theirs):
			object(mine).merge(theirs)
		case key == "tags" && o[key] != nil:
			o[key] = append(o[key].([]any), value.([]any)...)
		default:
			o[key] = value
		}
	}
}

// operation says whether v is what one method of a path does.
func operation(v map[string]any) bool { return v["operationId"] != nil }

// finish gives each operation a summary of one sentence, the whole comment as its
// description, and the answer to what goes wrong.
func finish(doc object) {
	paths, _ := doc["paths"].(map[string]any)
	for _, item := range paths {
		for _, value := range item.(map[string]any) {
			op, ok := value.(map[string]any)
			if !ok || !operation(op) {
				continue
			}
			text, _ := op["summary"].(string)
			first, _, _ := strings.Cut(strings.Join(strings.Fields(text), " "), ". ")
			op["summary"], op["description"] = strings.TrimSuffix(first, "."), text
			op["responses"].(map[string]any)["default"] = map[string]any{"$ref": "#/components/responses/Problem"}
		}
	}
}
