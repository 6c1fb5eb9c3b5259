// Package client drives a Lianmai service from Go.
//
// Its nouns:
//   - A [Client] is a connection to a service. Its [Client.Mixes], [Client.Templates] and
//     [Client.Assets] are the whole API, as package lianmaiv1 has it.
//   - An [Update] is one thing that [Client.Watch] tells of a mix; it goes on over broken
//     connections.
//   - A [Fault] is one field of a request that the service refused; [Faults] finds them in
//     an error.
//
// Errors of calls are gRPC statuses: google.golang.org/grpc/status reads them, and the
// comments of the API say which code means what.
//
// Calls that may be repeated without harm are repeated, up to three times, while the
// service cannot be reached: those that read, StartMix, StopMix, UploadTemplate and
// PreviewTemplate. Others are not, because the first one may have been carried out; use
// an expected revision to repeat those.
//
// Caveats:
//   - Without an option a connection is not encrypted, as the service is on loopback. A
//     token is not sent over such a connection, unless it stays on this machine.
//   - Calls have no time limit of their own: give them a context with one.
package client
