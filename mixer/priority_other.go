//go:build !linux

package mixer

// yieldToTicks does nothing where threads have no priorities of their own.
func yieldToTicks() {}
