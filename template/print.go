package template

import (
	"bytes"
	"encoding/json"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// lineWidth is how long a line of JSON may get before it is broken, in bytes.
const lineWidth = 120

// JSON writes a template for people, always in the same way: fields in the order of
// template.proto, two spaces of indent, and what fits on a line on one line. Parse
// reads it back into an equal message. It returns nil for a message that no text can
// stand for, one with text that is not UTF-8; Build refuses those.
func JSON(t *pb.LayoutTemplate) []byte {
	compact, err := protojson.Marshal(t)
	if err != nil {
		return nil
	}
	// protojson strews spaces, so that nobody relies on its layout.
	tree, err := readJSON(compact)
	if err != nil {
		return nil
	}
	var p printer
	p.node(tree, 0, 0)
	p.WriteByte('\n')
	return p.Bytes()
}

// printer writes JSON.
type printer struct{ bytes.Buffer }

// node writes n at a depth, where the line already has used bytes.
func (p *printer) node(n *node, depth, used int) {
	if one := oneLine(n); n.kind != list && n.kind != object || depth > 0 && used+len(one) <= lineWidth {
		p.WriteString(one)
		return
	}
	open, shut := "{", "}"
	if n.kind == list {
		open, shut = "[", "]"
	}
	begin := func(i int) {
		if i > 0 {
			p.WriteByte(',')
		}
		p.WriteString("\n" + strings.Repeat("  ", depth+1))
	}
	p.WriteString(open)
	for i, item := range n.items {
		begin(i)
		p.node(item, depth+1, 2*(depth+1)+1)
	}
	for i, f := range n.fields {
		begin(i)
		name := quoted(f.name) + ": "
		p.WriteString(name)
		p.node(f.value, depth+1, 2*(depth+1)+len(name)+1)
	}
	if len(n.items)+len(n.fields) > 0 {
		p.WriteString("\n" + strings.Repeat("  ", depth))
	}
	p.WriteString(shut)
}

// oneLine writes a node without a line break.
func oneLine(n *node) string {
	var parts []string
	switch n.kind {
	case text:
		return quoted(n.value)
	case list:
		for _, item := range n.items {
			parts = append(parts, oneLine(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		for _, f := range n.fields {
			parts = append(parts, quoted(f.name)+": "+oneLine(f.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case null:
		return "null"
	default:
		return n.value
	}
}

// quoted writes text as JSON, with letters such as < as they are.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string cannot fail
	return strings.TrimSuffix(b.String(), "\n")
}
