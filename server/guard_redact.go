package server

import (
	"net/url"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
	"github.com/lianmai/lianmai/rtmp"
)

// outputName is the message whose URL is published to.
var outputName = (&pb.Output{}).ProtoReflect().Descriptor().FullName()

// withoutSecrets returns a copy of m in which each field `url` has lost its query and its
// user information, and that of an output its stream name too. m itself comes back if
// there is no such field in it.
func withoutSecrets(m proto.Message) proto.Message {
	if !hasURL(m.ProtoReflect()) {
		return m
	}
	m = proto.Clone(m)
	eachURL(m.ProtoReflect(), func(in protoreflect.Message, field protoreflect.FieldDescriptor) bool {
		output := in.Descriptor().FullName() == outputName
		in.Set(field, protoreflect.ValueOfString(redacted(in.Get(field).String(), output)))
		return true
	})
	return m
}

// redacted returns a URL without its secrets.
func redacted(text string, output bool) string {
	if u, err := rtmp.ParseURL(text); err == nil {
		if output {
			return u.Destination()
		}
		return u.Redacted()
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "…"
	}
	return strings.ToLower(u.Scheme) + "://" + u.Host + "/…"
}

func hasURL(m protoreflect.Message) (found bool) {
	eachURL(m, func(protoreflect.Message, protoreflect.FieldDescriptor) bool {
		found = true
		return false
	})
	return found
}

// eachURL calls visit for each text field `url` that is set in m and what is in it, until
// visit returns false. It returns whether all were visited.
func eachURL(m protoreflect.Message, visit func(protoreflect.Message, protoreflect.FieldDescriptor) bool) (all bool) {
	all = true
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					all = eachURL(v.Message(), visit)
					return all
				})
			}
		case field.IsList() && field.Message() != nil:
			for i := 0; i < v.List().Len() && all; i++ {
				all = eachURL(v.List().Get(i).Message(), visit)
			}
		case field.Message() != nil:
			all = eachURL(v.Message(), visit)
		case field.Kind() == protoreflect.StringKind && !field.IsList() && isURL(field.Name()):
			all = visit(m, field)
		}
		return all
	})
	return all
}

// isURL reports whether a field of this name holds a URL.
func isURL(name protoreflect.Name) bool {
	return name == "url" || strings.HasSuffix(string(name), "_url")
}
