// Package mixer runs one mix: a session with a clock of its own pulls sources,
// draws and mixes what is there at each tick, encodes it once and hands it to the
// outputs.
//
// Its nouns: a [Spec] says what is wanted; a [Session] makes it so; [Event] and
// [Stats] tell what happens.
//
// The one rule above all others: the output never waits. Frame n leaves at n/fps
// whether six inputs are healthy or none is.
package mixer
