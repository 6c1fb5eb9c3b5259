// Package worker is the child process around one mix: it decodes what strangers send, so
// that what they break is one picture for a second and not every room of the machine.
//
// Its supervisor starts it with one end of a Unix socket, says what to mix (see package
// wire), and hears events, statistics and a pulse. The worker listens nowhere, opens
// only the connections that its spec names, and lives no longer than its supervisor: when
// the socket ends, so does it.
//
// Caveats:
//   - What waits to be sent to the supervisor is bounded: of pulses and meters the newest,
//     some lines of the log, the others are counted. A worker that cannot keep an event ends.
//   - [Run] lowers the limits of the whole process and never raises them again.
package worker
