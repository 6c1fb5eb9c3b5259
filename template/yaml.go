package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlReader makes a tree of a YAML text. Aliases are followed, within the bounds that
// counter sets; a field "<<" is not.
type yamlReader struct{ counter }

func readYAML(source []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(source))
	var document, next yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the text is empty")
	}
	if err != nil {
		return nil, brokenYAML(source, err)
	}
	switch err := decoder.Decode(&next); {
	case err == nil:
		return nil, fmt.Errorf("%v: another document begins; want one", place{next.Line, next.Column})
	case !errors.Is(err, io.EOF):
		return nil, brokenYAML(source, err)
	}
	var r yamlReader
	return r.value(&document, 0)
}

// yamlError is how the YAML library says where a text is broken: by line only.
var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// brokenYAML puts the column of the line's first character into an error of the library,
// and the line itself.
func brokenYAML(source []byte, err error) error {
	match := yamlError.FindStringSubmatch(err.Error())
	if match == nil {
		return err
	}
	n, _ := strconv.Atoi(match[1])
	lines := strings.Split(string(source), "\n")
	if n < 1 || n > len(lines) {
		return errors.New(match[2])
	}
	broken := lines[n-1]
	begin := strings.TrimLeft(broken, " \t")
	return fmt.Errorf("%v: %s, in or before %q", place{n, 1 + len(broken) - len(begin)}, match[2], short(begin))
}

func (r *yamlReader) value(n *yaml.Node, depth int) (*node, error) {
	if err := r.counter.value(depth); err != nil {
		return nil, wrong(n, err)
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return r.value(n.Content[0], depth+1)
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		return r.list(n, depth)
	case yaml.MappingNode:
		return r.object(n, depth)
	default:
		return scalar(n)
	}
}

func (r *yamlReader) list(n *yaml.Node, depth int) (*node, error) {
	out := &node{kind: list}
	for _, content := range n.Content {
		item, err := r.value(content, depth+1)
		if err != nil {
			return nil, err
		}
		out.items = append(out.items, item)
	}
	return out, nil
}

func (r *yamlReader) object(n *yaml.Node, depth int) (*node, error) {
	out := &node{kind: object}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if name.Kind != yaml.ScalarNode {
			return nil, wrong(name, errors.New("want the name of a field"))
		}
		if name.ShortTag() == "!!merge" {
			return nil, wrong(name, errors.New(`"<<" is not supported; slots take from "defaults" what they do not say`))
		}
		value, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		// Whatever YAML takes the name for: it is the letters that count.
		out.fields = append(out.fields, field{name.Value, value})
	}
	return out, nil
}

// scalar makes a value without parts.
func scalar(n *yaml.Node) (*node, error) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		return &node{kind: text, value: n.Value}, nil
	case "!!null":
		return &node{kind: null, bare: n.Value == ""}, nil
	case "!!bool":
		var v bool
		if err := n.Decode(&v); err != nil {
			return nil, wrong(n, errors.New("want true or false"))
		}
		return &node{kind: boolean, value: strconv.FormatBool(v)}, nil
	case "!!int", "!!float":
		var v float64
		if err := n.Decode(&v); err != nil {
			return nil, wrong(n, errors.New("want a number"))
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &node{kind: number, value: n.Value}, nil
		}
		return &node{kind: number, value: strconv.FormatFloat(v, 'g', -1, 64)}, nil
	default:
		return nil, wrong(n, fmt.Errorf("a value with the tag %s is not supported", short(tag)))
	}
}

// wrong says where in the text something is wrong.
func wrong(n *yaml.Node, err error) error {
	return fmt.Errorf("%v: %w", place{n.Line, n.Column}, err)
}
