// Command apidoc is a plugin of buf: it writes the API's reference, api.md, from the
// comments of its protos. Verbs come first, each with its REST path, its request and its
// answer; then the messages and enums that they have in common.
package main

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

const intro = `# API reference

Made by scripts/proto.sh from the comments in proto/lianmai/v1; do not edit it.

Every verb is there over gRPC and over REST; [rest.md](rest.md) says what is particular to REST: names, errors, server-sent events, uploads.
The names of fields are those of the protos. Over REST they may be written so, or as in ` + "`gainDb`" + `, which is how they are answered. The fields of a verb
that are neither in its path nor in its body are query parameters.

`

func main() {
	protogen.Options{}.Run(func(gen *protogen.Plugin) error {
		gen.SupportedFeatures = uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)
		d := &doc{out: gen.NewGeneratedFile("api.md", ""), told: map[protoreflect.FullName]bool{}}
		d.out.P(intro)
		for _, service := range services(gen) {
			d.service(service)
		}
		d.out.P("## Messages\n")
		for _, file := range gen.Files {
			for _, message := range file.Messages {
				if file.Generate && !d.told[message.Desc.FullName()] {
					d.out.P("### ", message.Desc.Name(), "\n")
					d.message(message)
				}
			}
		}
		d.out.P("## Enums\n")
		for _, file := range gen.Files {
			for _, enum := range file.Enums {
				if file.Generate {
					d.enum(enum)
				}
			}
		}
		return nil
	})
}

// services returns the services, those with the most verbs first.
func services(gen *protogen.Plugin) (all []*protogen.Service) {
	for _, file := range gen.Files {
		if file.Generate {
			all = append(all, file.Services...)
		}
	}
	slices.SortStableFunc(all, func(a, b *protogen.Service) int { return len(b.Methods) - len(a.Methods) })
	return all
}

// doc is the reference that is being written.
type doc struct {
	out  *protogen.GeneratedFile
	told map[protoreflect.FullName]bool // requests and answers, told with their verbs
}

// service writes a service: its verbs in a table, then each by itself.
func (d *doc) service(s *protogen.Service) {
	d.out.P("## ", s.Desc.Name(), "\n")
	d.out.P(text(s.Comments.Leading), "\n")
	d.out.P("| verb | REST | |\n|---|---|---|")
	for _, m := range s.Methods {
		first, _, _ := strings.Cut(cell(m.Comments.Leading), ". ")
		d.out.P("| ", link(string(m.Desc.Name())), " | ", rest(m), " | ", strings.TrimSuffix(first, "."), " |")
	}
	d.out.P()
	for _, m := range s.Methods {
		d.out.P("### ", m.Desc.Name(), "\n")
		if path := rest(m); path != "" {
			d.out.P(path, "\n")
		}
		d.out.P(text(m.Comments.Leading), "\n")
		for _, message := range []*protogen.Message{m.Input, m.Output} {
			d.told[message.Desc.FullName()] = true
			streamed := ""
			if message == m.Input && m.Desc.IsStreamingClient() || message == m.Output && m.Desc.IsStreamingServer() {
				streamed = " It is streamed."
			}
			name := string(message.Desc.Name())
			d.out.P(strings.Replace(text(message.Comments.Leading), name, "**"+name+"**", 1), streamed, "\n")
			d.fields(message)
		}
	}
}

// message writes what a message is and its fields.
func (d *doc) message(m *protogen.Message) {
	d.out.P(text(m.Comments.Leading), "\n")
	d.fields(m)
}

// fields writes the table of a message's fields, if it has any.
func (d *doc) fields(m *protogen.Message) {
	if len(m.Fields) == 0 {
		return
	}
	d.out.P("| field | type | |\n|---|---|---|")
	for _, f := range m.Fields {
		d.out.P("| `", f.Desc.Name(), "` | ", kind(f), " | ", cell(f.Comments.Leading), " |")
	}
	d.out.P()
}

// enum writes an enum's values.
func (d *doc) enum(e *protogen.Enum) {
	d.out.P("### ", e.Desc.Name(), "\n")
	d.out.P(text(e.Comments.Leading), "\n")
	d.out.P("| value | number | |\n|---|---|---|")
	for _, v := range e.Values {
		d.out.P("| `", v.Desc.Name(), "` | ", v.Desc.Number(), " | ", cell(v.Comments.Leading), " |")
	}
	d.out.P()
}

// rest returns a verb's method, path and body over REST.
func rest(m *protogen.Method) string {
	rule, ok := proto.GetExtension(m.Desc.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return "" // its comment says what it is over REST
	}
	var method, path string
	switch p := rule.Pattern.(type) {
	case *annotations.HttpRule_Get:
		method, path = "GET", p.Get
	case *annotations.HttpRule_Put:
		method, path = "PUT", p.Put
	case *annotations.HttpRule_Post:
		method, path = "POST", p.Post
	case *annotations.HttpRule_Patch:
		method, path = "PATCH", p.Patch
	case *annotations.HttpRule_Delete:
		method, path = "DELETE", p.Delete
	}
	text := fmt.Sprintf("`%s %s`", method, path)
	if rule.Body != "" && rule.Body != "*" {
		text += ", body `" + rule.Body + "`"
	}
	return text
}

// kind returns a field's type, linked when it is told of in this document.
func kind(f *protogen.Field) string {
	name := f.Desc.Kind().String()
	switch {
	case f.Enum != nil:
		name = link(string(f.Enum.Desc.Name()))
	case f.Message != nil && f.Message.Desc.ParentFile().Package() == f.Parent.Desc.ParentFile().Package():
		name = link(string(f.Message.Desc.Name()))
	case f.Message != nil:
		name = string(f.Message.Desc.Name())
	}
	if f.Desc.IsList() {
		name = "list of " + name
	}
	switch {
	case f.Oneof != nil && !f.Oneof.Desc.IsSynthetic():
		name += ", one of `" + string(f.Oneof.Desc.Name()) + "`"
	case f.Desc.HasOptionalKeyword():
		name += ", optional"
	}
	return name
}

func link(name string) string { return "[" + name + "](#" + strings.ToLower(name) + ")" }

// text returns a comment's paragraphs.
func text(c protogen.Comments) string {
	lines := strings.Split(strings.TrimSpace(string(c)), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// cell returns a comment for a cell of a table.
func cell(c protogen.Comments) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(string(c)), " "), "|", `\|`)
}
