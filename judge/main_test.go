package judge

import (
	"fmt"
	"os"
	"testing"

	"github.com/lianmai/lianmai/media"
)

// TestMain fails when a native object outlives its test.
func TestMain(m *testing.M) {
	media.QuietNative()
	code := m.Run()
	if n := media.Live(); n != 0 && code == 0 {
		fmt.Printf("%d native objects are still alive\n", n)
		code = 1
	}
	os.Exit(code)
}
