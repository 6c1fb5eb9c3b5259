package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// events answers WatchMix as server-sent events. Its order: `snapshot`, then the events
// after Last-Event-ID that the snapshot has, then what comes. The last one is `end`, or
// `problem`.
func (g *gateway) events(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // a pattern for GET takes HEAD, too
		g.unrouted(w, r, http.StatusMethodNotAllowed)
		return
	}
	if !accepts(r, "text/event-stream") {
		refuse(w, r, http.StatusNotAcceptable, codes.InvalidArgument, "this path answers text/event-stream")
		return
	}
	seen, resumed, err := lastEvent(r)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, codes.InvalidArgument, "Last-Event-ID must be the id of an event")
		return
	}
	req := &pb.WatchMixRequest{}
	if !fromQuery(w, r, req) {
		return
	}
	req.Id = r.PathValue("id")
	free, ok := take(w, r, g.streaming)
	if !ok {
		return
	}
	defer free()

	ctx, cancel := context.WithCancel(forwarded(r))
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	first, rest, err := g.watch(ctx, req, &reading)
	if err != nil {
		failed(w, r, err)
		return
	}
	out := &eventWriter{w: w, conn: http.NewResponseController(w)}
	_ = out.conn.SetReadDeadline(time.Time{}) // it is open for as long as the mix runs
	if resumed && over(first.GetSnapshot(), seen) {
		w.WriteHeader(http.StatusNoContent) // which tells a browser not to come again
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	if out.begin(first.GetSnapshot(), seen, resumed) != nil {
		return
	}
	out.follow(rest, g.heartbeat)
}

// update is a message of a watched mix, or why there are no more.
type update struct {
	msg *pb.WatchMixResponse
	err error
}

// watch watches a mix: its first message, and then what comes. The goroutine that
// receives it ends with ctx; reading waits for it.
func (g *gateway) watch(ctx context.Context, req *pb.WatchMixRequest, reading *sync.WaitGroup) (*pb.WatchMixResponse, <-chan update, error) {
	stream, err := g.mixes.WatchMix(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	first, err := stream.Recv()
	if err != nil {
		return nil, nil, err
	}
	rest := make(chan update)
	reading.Go(func() {
		for {
			msg, err := stream.Recv()
			select {
			case rest <- update{msg, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	return first, rest, nil
}

// lastEvent returns the sequence of the last event that the caller has seen, if it says.
func lastEvent(r *http.Request) (seen int64, resumed bool, err error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		return 0, false, nil
	}
	seen, err = strconv.ParseInt(text, 10, 64)
	if seen < 0 {
		err = strconv.ErrRange
	}
	return seen, true, err
}

// over says whether nothing follows the event seen in a mix.
func over(s *pb.GetMixResponse, seen int64) bool {
	return s.Mix.State == pb.MixState_MIX_STATE_STOPPED && latest(s) == seen
}

// latest returns the sequence of the last event of a snapshot, 0 when there is none.
func latest(s *pb.GetMixResponse) int64 {
	if len(s.Events) == 0 {
		return 0
	}
	return s.Events[len(s.Events)-1].Sequence
}

// eventWriter writes server-sent events. One goroutine uses it.
type eventWriter struct {
	w       io.Writer
	conn    *http.ResponseController
	dropped int64 // messages that the reader was told to have lost
}

// begin writes the snapshot and the events that the reader has not seen. A snapshot that
// such events follow has no id: a reader that is cut off among them then asks for the
// rest of them.
func (e *eventWriter) begin(s *pb.GetMixResponse, seen int64, resumed bool) error {
	last := latest(s)
	if !resumed {
		return e.message("snapshot", last, s)
	}
	if seen > last {
		seen = 0 // an event of a mix before, of the same id
	}
	if err := e.message("snapshot", 0, s); err != nil {
		return err
	}
	for _, event := range s.Events {
		if event.Sequence > seen {
			if err := e.message("event", event.Sequence, event); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow writes what comes, until the mix has stopped, something failed, or the reader
// went away or is stuck.
func (e *eventWriter) follow(rest <-chan update, heartbeat time.Duration) {
	silence := time.NewTicker(heartbeat)
	defer silence.Stop()
	for {
		var err error
		select {
		case <-silence.C:
			err = e.write([]byte(": still here\n\n"))
		case u := <-rest:
			if u.err != nil {
				e.end(u.err)
				return
			}
			err = e.update(u.msg)
			silence.Reset(heartbeat)
		}
		if err != nil {
			return
		}
	}
}

// update writes one message of a mix.
func (e *eventWriter) update(msg *pb.WatchMixResponse) error {
	if msg.Dropped > e.dropped {
		e.dropped = msg.Dropped
		if err := e.event("dropped", 0, fmt.Appendf(nil, `{"dropped":%d}`, msg.Dropped)); err != nil {
			return err
		}
	}
	switch u := msg.Update.(type) {
	case *pb.WatchMixResponse_Event:
		return e.message("event", u.Event.Sequence, u.Event)
	case *pb.WatchMixResponse_Stats:
		return e.message("stats", 0, u.Stats)
	case *pb.WatchMixResponse_Meters:
		return e.message("meters", 0, u.Meters)
	}
	return nil // of a newer service
}

// end writes why there are no more.
func (e *eventWriter) end(err error) {
	if errors.Is(err, io.EOF) {
		_ = e.event("end", 0, []byte("{}"))
		return
	}
	p, _ := problemOf(err)
	if data, err := json.Marshal(p); err == nil {
		_ = e.event("problem", 0, data)
	}
}

// message writes an event whose data is m.
func (e *eventWriter) message(name string, id int64, m proto.Message) error {
	data, err := asJSON.Marshal(m)
	if err != nil {
		return err
	}
	return e.event(name, id, data)
}

// event writes an event; an id of 0 is none. data has no line breaks.
func (e *eventWriter) event(name string, id int64, data []byte) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\n", name)
	if id > 0 {
		fmt.Fprintf(&b, "id: %d\n", id)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	return e.write(b.Bytes())
}

// write writes and flushes, or fails when the reader takes nothing for long.
func (e *eventWriter) write(data []byte) error {
	if err := e.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := e.w.Write(data); err != nil {
		return err
	}
	return e.conn.Flush()
}

// fromQuery fills req from the query, as the verbs of the protos do, or answers what is
// wrong with it.
func fromQuery(w http.ResponseWriter, r *http.Request, req proto.Message) bool {
	if err := runtime.PopulateQueryParameters(req, r.URL.Query(), utilities.NewDoubleArray(nil)); err != nil {
		refuse(w, r, http.StatusBadRequest, codes.InvalidArgument, err.Error())
		return false
	}
	return true
}
