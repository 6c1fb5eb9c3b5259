package supervisor

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lianmai/lianmai/decode"
)

// wavFile writes so many seconds of silence, 16 bit mono at 8 kHz, and returns its path.
func wavFile(t *testing.T, seconds int) string {
	t.Helper()
	n := uint32(16_000 * seconds)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), 36+n)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"...)
	return write(t, "sound.wav", append(binary.LittleEndian.AppendUint32(b, n), make([]byte, n)...))
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A check in another process says what the check in this one says.
func TestCheckSound(t *testing.T) {
	h := open(t, nil, "real")
	good := wavFile(t, 2)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(good)) // workers run elsewhere
	for name, c := range map[string]struct {
		path   string
		limits decode.SoundLimits
	}{
		"good":      {path: good},
		"relative":  {path: "sound.wav"},
		"no media":  {path: write(t, "x.mp3", []byte("hello"))},
		"nothing":   {path: write(t, "empty.wav", nil)},
		"cut off":   {path: write(t, "cut.wav", whole[:1000])},
		"too large": {path: good, limits: decode.SoundLimits{Bytes: 99}},
		"too long":  {path: good, limits: decode.SoundLimits{Duration: time.Second}},
		"missing":   {path: filepath.Join("no", "such.wav")},
	} {
		t.Run(name, func(t *testing.T) {
			want, wantErr := decode.CheckSound(t.Context(), c.path, c.limits)
			got, err := h.CheckSound(t.Context(), c.path, c.limits)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Fatalf("%+v, %v; want %+v, %v", got, err, want, wantErr)
			}
			for _, kind := range []error{decode.ErrNotMedia, decode.ErrNoSound, decode.ErrUnsupported, decode.ErrBroken, decode.ErrSoundTooLarge, decode.ErrSoundTooLong} {
				if errors.Is(err, kind) != errors.Is(wantErr, kind) {
					t.Errorf("%v, want %v", err, wantErr)
				}
			}
			_, unreadable := errors.AsType[*fs.PathError](err)
			if _, want := errors.AsType[*fs.PathError](wantErr); unreadable != want {
				t.Errorf("%v, want %v", err, wantErr)
			}
			if err != nil && !unreadable && err.Error() != wantErr.Error() {
				t.Errorf("%q, want %q", err, wantErr)
			}
		})
	}
}

// What kills the decoder is a broken sound; what is no answer is a broken worker.
func TestCheckSoundOfWhatKillsTheDecoder(t *testing.T) {
	for role, want := range map[string]error{"dead check": decode.ErrBroken, "exit": decode.ErrBroken, "garbage": decode.ErrBroken, "giant": decode.ErrBroken, "odd check": ErrWorker} {
		var book ledger
		h := open(t, logTo(&book), role)
		if _, err := h.CheckSound(t.Context(), "/x.mp3", decode.SoundLimits{}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", role, err, want)
		}
		if role == "dead check" && (!strings.Contains(book.String(), "SIGSEGV") || !strings.Contains(book.String(), "/x.mp3")) {
			t.Errorf("the log says %s", book.String())
		}
	}
}

// A check ends with its context, and with the Supervisor; those that wait too.
func TestCheckSoundEndsEarly(t *testing.T) {
	h := open(t, nil, "mute")
	ctx, cancel := context.WithCancel(t.Context())
	const checks = maxChecks + 2
	ended := make(chan error, checks)
	check := func() { _, err := h.CheckSound(ctx, "/x.mp3", decode.SoundLimits{}); ended <- err }
	for range checks {
		go check()
	}
	waitFor(t, "checks", func() bool { return len(children(t)) >= maxChecks })
	if n := len(children(t)); n > maxChecks {
		t.Errorf("%d checks at once", n)
	}
	cancel()
	for range checks {
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	ctx = t.Context()
	for range checks {
		go check()
	}
	waitFor(t, "checks", func() bool { return len(children(t)) == maxChecks })
	h.Close()
	for range checks {
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	if _, err := h.CheckSound(ctx, "/x.mp3", decode.SoundLimits{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
