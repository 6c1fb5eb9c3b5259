// Package webhook tells other services what happens in mixes: it sends each event as a
// signed HTTP request to the URLs that the operator names.
//
// Its nouns:
//   - An [Event] is one thing that happened in a mix, out of a [Feed] that outlives the
//     process.
//   - An [Endpoint] is one URL with its secrets and the kinds of events that it wants.
//   - A message is the JSON of one event. Its id stays the same however often it is sent.
//   - A [Secret] signs messages, as https://www.standardwebhooks.com has it; [Verify] is
//     for who receives them.
//   - A [Sender] has one follower of the feed for each endpoint.
//
// A follower sends one message at a time and goes on to the next when that one was taken,
// with a status of 200–299, or when its event is an hour old. So an endpoint gets the
// events of each mix in their order, and one that is down holds up nothing but itself:
// what it has not got yet waits in the feed, not in memory.
//
// Caveats:
//   - At least once: a message whose answer got lost, or that was under way when the
//     process ended, is sent again, with the same id.
//   - A message that an endpoint refuses, with 400 say, is tried for the whole hour, and
//     what comes after it waits. An endpoint that cannot use a message answers 2xx.
//   - The URL may carry a secret too. Logs, errors and counters name an endpoint by its
//     host alone.
package webhook
