package store

import (
	"fmt"
	"io"
	"testing"
)

func BenchmarkOpen(b *testing.B) {
	for _, names := range []int{0, 1000} {
		b.Run(fmt.Sprint(names), func(b *testing.B) {
			s := open(b, Config{Dir: b.TempDir()})
			for i := range names {
				put(b, s, Template, fmt.Sprint("name", i), text("data", 4<<10))
			}
			for b.Loop() {
				s = reopen(b, s)
			}
		})
	}
}

var sizes = map[string]int{"4KB": 4 << 10, "5MB": 5 << 20, "16MB": 16 << 20}

func BenchmarkPut(b *testing.B) {
	for name, size := range sizes {
		b.Run(name, func(b *testing.B) {
			s := open(b, Config{Dir: b.TempDir(), MaxVersions: 1000})
			data := text(name, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				if v := put(b, s, Picture, "name", data); v.Version%50 == 0 {
					b.StopTimer()
					if err := s.Delete(b.Context(), Picture, "name", 0); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			}
		})
	}
}

func BenchmarkGet(b *testing.B) {
	for name, size := range sizes {
		b.Run(name, func(b *testing.B) {
			s := open(b, Config{Dir: b.TempDir()})
			put(b, s, Picture, "name", text(name, size))
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, _, err := s.Get(b.Context(), Picture, "name", 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLarge puts and reads 200 MB as streams; the memory that it takes is reported.
func BenchmarkLarge(b *testing.B) {
	const size = 200_000_000
	s := open(b, Config{Dir: b.TempDir(), MaxSizes: map[Kind]int64{Sound: size}})
	b.SetBytes(2 * size)
	b.ReportAllocs()
	for b.Loop() {
		putLarge(b, s, "large", "large", size)
		r, _, err := s.Open(b.Context(), Sound, "large", 0)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != size || err != nil {
			b.Fatal(n, err)
		}
		if err := s.Delete(b.Context(), Sound, "large", 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList1000(b *testing.B) {
	s := open(b, Config{})
	for i := range 1000 {
		put(b, s, Template, fmt.Sprint("name", i), text("data", 100))
	}
	for b.Loop() {
		if list, err := s.List(b.Context(), Template, ""); err != nil || len(list) != 1000 {
			b.Fatal(len(list), err)
		}
	}
}

func BenchmarkPutMix(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	data := text("mix", 4<<10)
	var revision uint64
	for b.Loop() {
		var err error
		if revision, err = s.PutMix(b.Context(), "room", true, data, revision); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendEvents(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	batch := make([]Event, 32)
	for n := range batch {
		batch[n] = event("room", n)
		batch[n].Data, batch[n].ID = text("event", 150), ""
	}
	for b.Loop() {
		happen(b, s, batch...)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(batch)), "µs/event")
}
