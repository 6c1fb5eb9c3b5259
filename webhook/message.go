package webhook

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "github.com/lianmai/lianmai/proto/lianmai/v1"
)

// errEvent: the feed has something that is not an event of a mix.
var errEvent = errors.New("webhook: not an event")

// maxEvent bounds the data of an event, in bytes. Its longest field, the reason, has 512.
const maxEvent = 64 << 10

// Event is one thing that happened in a mix, as the feed has it.
type Event struct {
	// Seq counts the events of the feed.
	Seq uint64
	// Mix is the mix's id.
	Mix string
	// Time is when it happened.
	Time time.Time
	// Data is a marshalled lianmai.v1.MixEvent.
	Data []byte
}

// message is what is sent of an event.
type message struct {
	id   string // the same for every attempt, in every process
	body []byte
}

// envelope is the JSON of a message; its shape is that of the specification.
type envelope struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Mix       string          `json:"mix"`
	Data      json.RawMessage `json:"data"`
}

// parse returns what happened. The error is errEvent.
func (e Event) parse() (*pb.MixEvent, error) {
	if len(e.Data) > maxEvent {
		return nil, fmt.Errorf("%w: %d bytes", errEvent, len(e.Data))
	}
	happened := &pb.MixEvent{}
	if err := proto.Unmarshal(e.Data, happened); err != nil {
		return nil, fmt.Errorf("%w: %w", errEvent, err)
	}
	return happened, nil
}

// message returns what is sent of e, whose data is happened. The error is errEvent.
func (e Event) message(happened *pb.MixEvent) (message, error) {
	return newMessage(e.id(), word(happened.Kind), e.Mix, e.Time, happened)
}

// id returns an id that no other event has, not even one of a feed that began anew.
func (e Event) id() string {
	h := sha256.New()
	var numbers [16]byte
	binary.BigEndian.PutUint64(numbers[:8], e.Seq)
	binary.BigEndian.PutUint64(numbers[8:], uint64(e.Time.UnixNano()))
	h.Write(numbers[:])
	h.Write([]byte(e.Mix + "\x00"))
	h.Write(e.Data)
	return "msg_" + hex.EncodeToString(h.Sum(nil)[:12])
}

// newMessage returns a message. The error is errEvent.
func newMessage(id, kind, mix string, at time.Time, happened *pb.MixEvent) (message, error) {
	data, err := protojson.Marshal(happened)
	if err != nil {
		return message{}, fmt.Errorf("%w: %w", errEvent, err)
	}
	// Marshal compacts data too: protojson puts spaces in at random.
	body, err := json.Marshal(envelope{ID: id, Type: kind, Timestamp: at.UTC(), Mix: mix, Data: data})
	if err != nil {
		return message{}, fmt.Errorf("%w: %w", errEvent, err)
	}
	return message{id: id, body: body}, nil
}
