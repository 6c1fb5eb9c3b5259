package mixer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lianmai/lianmai/media"
)

// The queue behaves like a slice.
func TestPacketQueueAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q packetQueue
		var model []media.Packet
		serial := time.Duration(0)
		same := func(a, b media.Packet) bool { return a.DTS == b.DTS && a.Config == b.Config }
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				serial += ms
				p := media.Packet{
					DTS: serial, Config: rapid.IntRange(0, 9).Draw(t, "config") == 0,
					Data: make([]byte, rapid.IntRange(0, 100).Draw(t, "size")),
				}
				q.push(queued{pkt: p})
				model = append(model, p)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip()
				}
				if p := q.peek().pkt; !same(p, model[0]) {
					t.Fatalf("peek: %v, want %v", p.DTS, model[0].DTS)
				}
				if p := q.pop().pkt; !same(p, model[0]) {
					t.Fatalf("pop: %v, want %v", p.DTS, model[0].DTS)
				}
				model = model[1:]
			},
			"drop": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") != 0 {
					t.Skip()
				}
				before := len(model)
				model = slices.DeleteFunc(slices.Clone(model), func(p media.Packet) bool { return !p.Config })
				model = model[max(0, len(model)-1):] // the newest configuration
				if got := q.dropMedia(); got != before-len(model) {
					t.Fatalf("dropped %d, want %d", got, before-len(model))
				}
			},
			"": func(t *rapid.T) {
				bytes := 0
				for _, p := range model {
					bytes += len(p.Data)
				}
				if q.len() != len(model) || q.bytes != bytes {
					t.Fatalf("%d packets of %d bytes, want %d of %d", q.len(), q.bytes, len(model), bytes)
				}
			},
		})
	})
}

func TestPacketQueueBounds(t *testing.T) {
	var q packetQueue
	if q.full() || q.span() != 0 {
		t.Error("an empty queue is full")
	}
	for n := 0; !q.full(); n++ {
		q.push(queued{pkt: media.Packet{DTS: time.Duration(n) * 40 * ms}})
		if n > 4000 {
			t.Fatal("never full")
		}
	}
	if q.span() != maxQueued {
		t.Errorf("full at %v of media, want %v", q.span(), maxQueued)
	}

	q = packetQueue{}
	for range maxQueuedCount {
		if q.full() {
			t.Fatalf("full with %d packets", q.len())
		}
		q.push(queued{})
	}
	if !q.full() {
		t.Errorf("not full with %d packets", q.len())
	}

	q = packetQueue{}
	q.push(queued{pkt: media.Packet{Data: make([]byte, maxQueuedBytes)}})
	if !q.full() {
		t.Error("not full with all the bytes it may have")
	}
	q.pop()
	if q.full() || q.bytes != 0 {
		t.Error("full after the last packet was taken")
	}
}

// A queue that packets pass through for days does not grow.
func TestPacketQueueDoesNotGrow(t *testing.T) {
	var q packetQueue
	for range 10 {
		q.push(queued{})
	}
	for range 100_000 {
		q.push(queued{})
		q.pop()
	}
	if cap(q.items) > 64 {
		t.Errorf("room for %d packets after never holding more than 11", cap(q.items))
	}
}

// Configurations have no time of their own, and stamps may leap: neither makes a
// queue full.
func TestPacketQueueSpanIsOfSessionTime(t *testing.T) {
	var q packetQueue
	q.push(queued{pkt: media.Packet{Config: true}})
	q.push(queued{pkt: media.Packet{DTS: 5 * time.Hour}, offset: -5 * time.Hour})
	q.push(queued{pkt: media.Packet{DTS: 5*time.Hour + 40*ms}, offset: -5 * time.Hour})
	q.push(queued{pkt: media.Packet{DTS: 0}, offset: 80 * ms})
	q.push(queued{pkt: media.Packet{Config: true}})
	if q.span() != 80*ms || q.full() {
		t.Errorf("span %v, full %v; want 80 ms", q.span(), q.full())
	}
}
