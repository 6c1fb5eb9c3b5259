package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// relog writes a line of a worker's log, as slog's JSON, to log, which knows better than the
// worker which mix and which worker it is.
func relog(log *slog.Logger, line []byte) {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return
	}
	r := slog.Record{Time: time.Now()}
	for dec.More() {
		key, _ := dec.Token()
		name, ok := key.(string)
		var value any
		if err := dec.Decode(&value); err != nil || !ok {
			return
		}
		text, _ := value.(string)
		switch name {
		case slog.TimeKey:
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				r.Time = at
			}
		case slog.LevelKey:
			_ = r.Level.UnmarshalText([]byte(text)) // else it stays INFO
		case slog.MessageKey:
			r.Message = text
		case "mix", "worker":
		default:
			if n, ok := value.(json.Number); ok {
				value = number(n)
			}
			r.AddAttrs(slog.Any(name, value))
		}
	}
	if _, err := dec.Token(); err != nil {
		return
	}
	ctx := context.Background()
	if log.Enabled(ctx, r.Level) {
		_ = log.Handler().Handle(ctx, r)
	}
}

// number returns n as the kind of number that it looks like.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := n.Float64()
	return f
}
