// Package gateway puts the API on HTTP: every verb as REST with JSON, what happens in a
// mix as server-sent events, pictures and sounds as plain bodies, errors as problem
// details (RFC 9457), and the OpenAPI document that describes all of it.
//
// Its nouns:
//   - [New] returns the http.Handler; it is a client of the gRPC service, on one
//     connection within the process. What the service checks, guards and logs is so
//     checked, guarded and logged for both.
//   - A [Problem] is the body of every answer that is not a success.
//
// Caveats:
//   - Paths and bodies are what the annotations in the protos say; only what those cannot
//     say is here: raw bodies and events.
//   - Of a request's headers only Authorization reaches the service, and the address of
//     the peer as x-forwarded-for. What a caller sends as X-Forwarded-For is dropped:
//     anybody can write it. A service may believe x-forwarded-for from this connection.
//   - Requests that a browser makes on behalf of another site are refused.
//   - Everything is bounded: a body by [MaxBody], calls and event streams at once by
//     [MaxCalls] and [MaxStreams], their time, and the time that a reader may be stuck.
package gateway
