// Package spelling tells how far apart two words are, for "did you mean".
package spelling

import "slices"

// Distance returns how many letters have to be put in, taken out or changed to make b
// of a (Levenshtein), byte by byte. It takes len(a)·len(b) steps: bound both.
func Distance(a, b string) int {
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
