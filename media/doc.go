// Package media holds the leaf types that every other room shares: time as
// counters ([FrameRate], [SampleTime]), coded data ([Packet]), pictures in native
// memory ([Frame]) and the count of everything native that is alive ([Live]).
//
// Caveats:
//   - A Packet's bytes are immutable once it has been handed on; many readers may
//     share them.
//   - A Frame has one owner at a time, and its memory is C's: the owner calls Free.
//     Functions that take a Frame say who owns it afterwards.
package media
