// Package wire is what a worker and its supervisor say to each other over a Unix socket.
//
// Its nouns:
//   - A [Message] is one thing said: exactly one of its fields is set. It travels as JSON,
//     because a [mixer.Spec] is a plain value, in a frame that may have a payload of bytes
//     behind it, such as a picture's file.
//   - A [Conn] is one end of the socket. Frames have bounds, also those that the other end
//     announces: a worker decodes what strangers send and is not trusted.
package wire
