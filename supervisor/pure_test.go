package supervisor

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestBackoffGrowsAndResets(t *testing.T) {
	var b backoff
	const ms = time.Millisecond
	var got []time.Duration
	for _, lived := range []time.Duration{0, 0, time.Second, 0, 0, 0, 0, 0, 0, goodLife, 0, 0, goodLife - 1} {
		got = append(got, b.next(lived))
	}
	want := []time.Duration{
		0, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 6400 * ms, 10_000 * ms, 10_000 * ms,
		0, 200 * ms, 400 * ms, 800 * ms,
	}
	if !slices.Equal(got, want) {
		t.Errorf("waits %v, want %v", got, want)
	}
}

func TestAllowanceIsABurstAndARate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		a := newAllowance(10, 5, now)
		var taken []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
			if a.take(now) {
				taken = append(taken, now)
			}
		}
		if len(taken) == 0 {
			t.Fatal("nothing is allowed")
		}
		for i := range taken {
			for j := i; j < len(taken); j++ {
				if most := 5 + 10*taken[j].Sub(taken[i]).Seconds() + 1e-6; float64(j-i+1) > most {
					t.Fatalf("%d in %v", j-i+1, taken[j].Sub(taken[i]))
				}
			}
		}
	})
}

func TestCutKeepsWholeLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(0, 600, -1).Draw(t, "s") + strings.Repeat(rapid.SampledFrom([]string{"a", "é", "三", "😀"}).Draw(t, "r"), 400)
		got := cut(s)
		if len(got) > maxText || !strings.HasPrefix(s, got) || !utf8.ValidString(got) || len(s) > maxText && len(got) < maxText-3 {
			t.Fatalf("%d bytes of %d", len(got), len(s))
		}
	})
}

func TestRelogKeepsLevelOrderAndNumbers(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelInfo})).With("mix", "m", "worker", 7)
	for _, line := range []string{
		`{"time":"2026-01-02T03:04:05.000000006Z","level":"WARN","msg":"hello","z":1,"mix":"spoofed","worker":1,"a":"二","big":9007199254740993,"f":1.5,"g":{"h":true},"n":null}`,
		`{"level":"DEBUG","msg":"below the level"}`,
		`[]`, `{`, `{"msg":`, ``, `7`, `{"level":"NONE","msg":"odd"}`,
	} {
		relog(log, []byte(line))
	}
	first, second, _ := strings.Cut(b.String(), "\n")
	want := `{"time":"2026-01-02T03:04:05.000000006Z","level":"WARN","msg":"hello","mix":"m","worker":7,"z":1,"a":"二","big":9007199254740993,"f":1.5,"g":{"h":true},"n":null}`
	if first != want {
		t.Errorf("%s\n%s", first, want)
	}
	if !strings.Contains(second, `"level":"INFO","msg":"odd"`) || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("then %s", second)
	}
}
