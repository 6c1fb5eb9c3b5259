package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// jsonReader makes a tree of a JSON text. Unlike json.Unmarshal it keeps fields that
// are written twice, and their order.
type jsonReader struct {
	counter
	source  []byte
	decoder *json.Decoder
}

func readJSON(source []byte) (*node, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(source, &whole); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			// The offset counts the byte that is wrong; at the end there is none.
			offset := int(syntax.Offset)
			if syntax.Error() != "unexpected end of JSON input" {
				offset--
			}
			return nil, fmt.Errorf("%v: %v", position(source, offset), err)
		}
		return nil, err
	}
	r := jsonReader{source: source, decoder: json.NewDecoder(bytes.NewReader(source))}
	r.decoder.UseNumber()
	return r.value(1)
}

func (r *jsonReader) value(depth int) (*node, error) {
	token, err := r.decoder.Token()
	if err == nil {
		err = r.counter.value(depth)
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", position(r.source, int(r.decoder.InputOffset())-1), err)
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return r.list(depth)
		}
		return r.object(depth)
	case string:
		return &node{kind: text, value: v}, nil
	case json.Number:
		return &node{kind: number, value: v.String()}, nil
	case bool:
		return &node{kind: boolean, value: strconv.FormatBool(v)}, nil
	default:
		return &node{kind: null}, nil
	}
}

func (r *jsonReader) list(depth int) (*node, error) {
	n := &node{kind: list}
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := r.decoder.Token() // ]
	return n, err
}

func (r *jsonReader) object(depth int) (*node, error) {
	n := &node{kind: object}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder allows nothing else here
		value, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.fields = append(n.fields, field{name, value})
	}
	_, err := r.decoder.Token() // }
	return n, err
}
