//go:build !linux

package main

import "runtime/debug"

// settle is called by a process before it mixes.
func settle() { debug.SetGCPercent(mixerGCPercent) }
