package config

import (
	"slices"
	"strings"
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
		if related || flag || distance(key, k) <= max(2, len(k)/3) {
			near = append(near, k)
		}
	}
	return near
}

// distance returns how many letters have to be put in, taken out or changed to make
// b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{change, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}
