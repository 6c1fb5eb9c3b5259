//go:build !race

package judge

// raceEnabled makes the largest test smaller.
const raceEnabled = false
