package config

import (
	"strings"

	"github.com/lianmai/lianmai/internal/spelling"
)

// maxCompared bounds the length of a key that is compared with others, in bytes.
const maxCompared = 64

// nearKeys returns the keys that somebody who wrote key may have meant: those that
// differ in few letters, the last part of a longer one, or a part of it.
func nearKeys(key string, keys []string) []string {
	if len(key) > maxCompared {
		return nil
	}
	key = strings.ToLower(key)
	var near []string
	for _, k := range keys {
		related := strings.HasPrefix(k, key+".") || strings.HasPrefix(key, k+".") || strings.HasSuffix(k, "."+key)
		flag := strings.NewReplacer("-", ".", "_", ".").Replace(key) == k
		if related || flag || spelling.Distance(key, k) <= max(2, len(k)/3) {
			near = append(near, k)
		}
	}
	return near
}
