// Package server is the control plane: it answers the API (package lianmaiv1) over
// gRPC and keeps the mixes that were started with it.
//
// Its nouns:
//   - An [Engine] runs mixes; a [Mix] is one of them running. They are the whole of
//     what this package knows of media, so a mix may run in this process or in
//     another.
//   - A [Registry] holds every mix of this process: its spec, its revision, its last
//     events, and the running Mix.
//   - A [Library] holds the templates, pictures and sounds that mixes name. A mix has
//     pins: the versions that it keeps until a call names them anew.
//   - A [Watcher] is told what happens in one mix.
//   - A [Server] puts a Registry on the network: gRPC with health and reflection, and
//     plain HTTP for probes and for what else it is given.
//
// Caveats:
//   - Handlers check the request, call the Registry and map the error; the one table
//     from errors to gRPC codes is in errors.go.
//   - Messages (protobuf) that the Registry has taken or handed out are immutable:
//     a change makes new ones.
//   - URLs hold signatures. They go into specs and nowhere else: no error, event or
//     log line of this package has one.
//   - A Registry that keeps mixes ([Registry.Keep]) writes each change before it is
//     answered, and a later process goes on with them ([Registry.Resume]); without, they
//     end with the process. Templates, pictures and sounds are in the Library's store.
//     Files of sounds that are played are copies.
package server
