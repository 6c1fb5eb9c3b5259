// Package rtmp moves coded media over RTMP and RTMPS: [Pull] reads one stream and
// comes back whenever it breaks, a [Pusher] writes one stream to one destination,
// and an [Origin] is a small server that takes streams from publishers and hands
// them to players.
//
// Nouns: a URL has an app and a stream name, and the stream name keeps the query
// string, which often is a signature. A message is what RTMP carries: one FLV tag
// body of video or audio, metadata, or a command. A GOP is a key frame with what
// follows up to the next one, sound included.
//
// The wire is gortmplib's: handshake, chunks and AMF0. The exchange of commands is
// here, because gortmplib's Client and ServerConn let acknowledgements and ping
// answers, written by the reading goroutine, run into the media of the writing one;
// end a connection at the first message of a kind or codec they do not know; and
// accept a publisher before its stream name can be refused.
//
// Caveats:
//   - Timestamps are as sent: 32-bit milliseconds that may start anywhere, jump and wrap.
//   - A query string appears in no log, error or event; user information is dropped there too.
//   - Errors shown to people may quote the server's own words, cleaned and cut to 200 bytes.
//   - Adobe's authentication by user and password is not spoken; servers that want it reject us.
//   - gortmplib bounds a message to 10 MiB and knows chunk streams 2–63 only.
//   - Handlers are called one call at a time from the goroutine of their Pull or Pusher.
package rtmp
