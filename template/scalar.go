package template

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// scalar reads a value without parts for the field fd; ok is false when it is a fault.
func (f *findings) scalar(path string, n *node, fd protoreflect.FieldDescriptor) (v protoreflect.Value, ok bool) {
	switch fd.Kind() {
	case protoreflect.DoubleKind:
		if d, ok := float(n); ok {
			return protoreflect.ValueOfFloat64(d), true
		}
		f.fault(path, "%v; want a number", n)
	case protoreflect.Int32Kind:
		if d, ok := float(n); ok && d == math.Trunc(d) && d >= math.MinInt32 && d <= math.MaxInt32 {
			return protoreflect.ValueOfInt32(int32(d)), true
		}
		f.fault(path, "%v; want a whole number, %d to %d", n, math.MinInt32, math.MaxInt32)
	case protoreflect.BoolKind:
		if n.kind == boolean {
			return protoreflect.ValueOfBool(n.value == "true"), true
		}
		f.fault(path, "%v; want true or false", n)
	case protoreflect.StringKind:
		if n.kind == text {
			return protoreflect.ValueOfString(n.value), true
		}
		quotes := ""
		if n.kind == number || n.kind == boolean {
			quotes = ", in quotes"
		}
		f.fault(path, "%v; want text%s", n, quotes)
	case protoreflect.EnumKind:
		if e, ok := enum(n, fd.Enum()); ok {
			return protoreflect.ValueOfEnum(e), true
		}
		f.fault(path, "%v; want %s", n, words(fd.Enum()))
	default:
		f.fault(path, "fields of the kind %v cannot be written in a text", fd.Kind())
	}
	return v, false
}

// float reads a number. protojson allows quotes around it.
func float(n *node) (float64, bool) {
	if n.kind != number && n.kind != text || !json.Valid([]byte(n.value)) || strings.TrimSpace(n.value) != n.value {
		return 0, false
	}
	v, err := strconv.ParseFloat(n.value, 64) // fails for true and null, and out of range
	return v, err == nil
}

// enum reads a word, or the number that stands for it as protojson allows.
func enum(n *node, ed protoreflect.EnumDescriptor) (protoreflect.EnumNumber, bool) {
	var value protoreflect.EnumValueDescriptor
	switch n.kind {
	case text:
		value = ed.Values().ByName(protoreflect.Name(n.value))
	case number:
		if v, err := strconv.ParseInt(n.value, 10, 32); err == nil {
			value = ed.Values().ByNumber(protoreflect.EnumNumber(v))
		}
	}
	if value == nil {
		return 0, false
	}
	return value.Number(), true
}

// words lists the words of an enum but the one that says nothing.
func words(ed protoreflect.EnumDescriptor) string {
	var list []string
	for i := range ed.Values().Len() {
		if value := ed.Values().Get(i); value.Number() != 0 {
			list = append(list, string(value.Name()))
		}
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last] // every enum has two words at least
}

// seconds is how protojson writes a duration.
var seconds = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?s$`)

// duration reads a duration such as "0.3s".
func (f *findings) duration(path string, n *node) (time.Duration, bool) {
	if n.kind == text {
		d, err := time.ParseDuration(n.value)
		if err == nil && seconds.MatchString(n.value) {
			return d, true
		}
		if err == nil {
			f.fault(path, "%v; want it in seconds: %q", n, inSeconds(d))
			return 0, false
		}
	}
	f.fault(path, `%v; want seconds such as "0.3s"`, n)
	return 0, false
}

// inSeconds writes a duration as protojson reads it.
func inSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}
