// Package rooms has no code to run: its test keeps the packages of this module
// apart. Each package is a room that may know only the rooms listed for it, so that
// imports run downward (see docs/architecture.md), what is said to build without cgo
// does, and each foreign library stays behind its own door.
//
// A new package, or a new edge between two, is a line in the tables of the test;
// the change that adds it says why.
package rooms
