package template

import (
	"strings"

	"github.com/lianmai/lianmai/internal/spelling"
)

// maxCompared bounds the length of a name that is compared with others, in bytes.
const maxCompared = 64

// near returns which of the names somebody who wrote name may have meant: those that
// differ in few letters, whatever their case, or hold it or are held by it.
func near(name string, names []string) []string {
	name = plain(name)
	if len(name) < 2 || len(name) > maxCompared {
		return nil
	}
	var found []string
	for _, n := range names {
		p := plain(n)
		held := len(p) > 1 && (strings.Contains(p, name) || strings.Contains(name, p))
		if held || spelling.Distance(name, p) <= max(1, len(p)/3) {
			found = append(found, n)
		}
	}
	return found
}

// plain returns a name without what people write in different ways.
func plain(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "")
}
