package template

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/lianmai/lianmai/layout"
	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// Parse reads a template from JSON (protojson) or YAML, at most MaxBytes. A text whose
// first character is '{' is JSON, any other YAML. It sees to it that the text can be
// read: no unknown fields, none twice, everything of the right type. What the values
// may be is the matter of Build. The error is an ErrTemplate: Faults.
func Parse(text []byte) (*pb.LayoutTemplate, error) {
	var f findings
	t := f.parse(text)
	if err := f.err(); err != nil {
		return nil, err
	}
	return t, nil
}

// Load is Parse and then Build, but tells the faults of both at once.
func Load(text []byte, known Pictures) (*pb.LayoutTemplate, layout.Template, []Warning, error) {
	var f findings
	t := f.parse(text)
	if t == nil {
		return nil, layout.Template{}, nil, f.err()
	}
	f.judge()
	built := f.build(t, known)
	if err := f.err(); err != nil {
		return nil, layout.Template{}, nil, err
	}
	return t, built, f.warnings, nil
}

// parse reads as much as can be read; nil if that is nothing at all.
func (f *findings) parse(text []byte) *pb.LayoutTemplate {
	tree, err := readTree(text)
	if err != nil {
		f.fault("", "%v", err)
		return nil
	}
	t := &pb.LayoutTemplate{}
	f.message("", tree, t.ProtoReflect())
	if tree.kind != object {
		return nil
	}
	return t
}

// message reads an object into m.
func (f *findings) message(path string, n *node, m protoreflect.Message) {
	if n.kind != object {
		f.fault(path, "%v; want an object", n)
		return
	}
	known := m.Descriptor().Fields()
	seen := map[protoreflect.FieldNumber]bool{}
	for _, field := range n.fields {
		fd := known.ByJSONName(field.name)
		if fd == nil {
			fd = known.ByTextName(field.name) // protojson takes snake_case too
		}
		if fd == nil {
			f.unknown(path, field.name, known)
			continue
		}
		where := join(path, fd.JSONName())
		if seen[fd.Number()] {
			f.fault(where, "is there twice")
			continue
		}
		seen[fd.Number()] = true
		if field.value.kind == null {
			if field.value.bare && fd.Kind() == protoreflect.StringKind {
				f.fault(where, `is empty; in YAML, text that begins with '#' must be in quotes, else it is a comment`)
			}
			continue // not set
		}
		if one := fd.ContainingOneof(); one != nil && m.WhichOneof(one) != nil && !one.IsSynthetic() {
			f.fault(where, "there is already %s; want one of %s", m.WhichOneof(one).JSONName(), names(one.Fields()))
			continue
		}
		f.field(where, field.value, m, fd)
	}
}

// unknown tells of a field that m has not, and what it may have been meant for.
func (f *findings) unknown(path, name string, known protoreflect.FieldDescriptors) {
	list := make([]string, known.Len())
	for i := range list {
		list[i] = known.Get(i).JSONName()
	}
	shown := short(name)
	if strings.ContainsFunc(shown, func(r rune) bool { return !strconv.IsPrint(r) || strings.ContainsRune(`.[]": `, r) }) || shown == "" {
		shown = strconv.Quote(shown)
	}
	if meant := near(name, list); len(meant) > 0 {
		f.fault(join(path, shown), "unknown field; did you mean %s?", strings.Join(meant, " or "))
		return
	}
	f.fault(join(path, shown), "unknown field; want one of %s", strings.Join(list, ", "))
}

func names(fields protoreflect.FieldDescriptors) string {
	list := make([]string, fields.Len())
	for i := range list {
		list[i] = fields.Get(i).JSONName()
	}
	return strings.Join(list, ", ")
}

// field reads one field of m. What cannot be read leaves a place in its list, so that
// the rest of the list keeps its numbers.
func (f *findings) field(path string, n *node, m protoreflect.Message, fd protoreflect.FieldDescriptor) {
	switch {
	case fd.IsList():
		if n.kind != list {
			f.fault(path, "%v; want a list", n)
			return
		}
		items := m.Mutable(fd).List()
		for i, item := range n.items {
			f.message(at(path, i), item, items.AppendMutable().Message())
		}
	case isDuration(fd):
		if d, ok := f.duration(path, n); ok {
			m.Set(fd, protoreflect.ValueOfMessage(durationpb.New(d).ProtoReflect()))
		}
	case fd.Message() != nil:
		f.message(path, n, m.Mutable(fd).Message())
	default:
		if v, ok := f.scalar(path, n, fd); ok {
			m.Set(fd, v)
		}
	}
}

func isDuration(fd protoreflect.FieldDescriptor) bool {
	return fd.Message() != nil && fd.Message().FullName() == "google.protobuf.Duration"
}
