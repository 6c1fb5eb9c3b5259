// Package judge judges a mixed stream as its audience would: from the packets that
// arrive, by their timestamps, their pictures and their sound, and by nothing that
// the mixer says about itself.
//
// The nouns:
//   - A [Judge] takes packets, live or from a file, and ends with a [Report].
//   - A [Report] holds what was measured and a verdict: OK, or a list of problems
//     in plain sentences.
//   - A [Segment] is a stretch of the stream in which the same synthetic
//     participants (package pattern) were seen in the same rectangles.
//   - A [Sheet] collects small pictures of moments on one page for a person.
//
// Caveats:
//   - Times are stream times: seconds since the first packet's timestamp.
//   - Who is seen, who is heard, skew and delay need synthetic participants. Gaps,
//     rates, freezes, black and silence are judged of any stream.
//   - Flash and beep come once a second, so skew is known modulo one second: beyond
//     ±450 ms it is not measured.
//   - A tone alone is no participant: one that is never seen counts as there only if
//     its beeps come in their seconds. Music may still add to the levels of tones.
//   - Delay compares the sender's wall clock with this machine's, at the arrival of
//     a picture; a player's buffer comes on top.
//   - Memory is bounded however long the stream is: lists have limits and counters
//     go on, spreads are histograms.
package judge
