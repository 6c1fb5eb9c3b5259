// Package supervisor runs each mix in a child process, `lianmai worker`, and starts another
// when one dies or hangs. It is the engine of the service; see package worker for the
// other side and worker/wire for what they say.
//
// Its nouns:
//   - A [Mix] is what the service sees: it lives until it is stopped.
//   - A child is one process. A Mix has at most one at a time: the next is started after
//     the kernel has said that the one before is gone.
//   - A pulse is what a child says twice a second. A child without a pulse, or whose tick
//     stands still, is killed.
//
// Caveats:
//   - While there is no child, a change is kept and taken up by the next one.
//   - The output's timestamps go on rising in the next child, from how long the mix has
//     run by this process's monotonic clock, or by the wall clock when the service itself
//     was started anew.
//   - A child is not trusted. What it says is bounded and checked before it is handed on; one
//     that says nonsense or too much is killed.
//   - Children die with this process, by the kernel's doing (Linux) or because their socket
//     ends.
package supervisor
