// Package faults makes what goes wrong on real networks, for tests: a [Proxy] stands
// between two peers and stalls, cuts, slows down or refuses their connections, and
// [Publish] sends a stream in real time with whatever a test makes of its packets.
package faults
