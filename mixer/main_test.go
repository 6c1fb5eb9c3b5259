package mixer

import (
	"flag"
	"testing"

	"go.uber.org/goleak"

	"github.com/lianmai/lianmai/media"
)

var (
	update = flag.Bool("update", false, "write the golden pictures anew")
	long   = flag.Bool("long", false, "run the long form of tests that have one")
)

func TestMain(m *testing.M) {
	media.QuietNative()
	goleak.VerifyTestMain(m)
}

// liveAtStart makes the test fail if it leaves native objects behind.
func liveAtStart(t testing.TB) {
	t.Helper()
	before := media.Live()
	t.Cleanup(func() {
		if after := media.Live(); after != before {
			t.Errorf("%d native objects alive after the test, %d before", after, before)
		}
	})
}
