// Command bench mixes the same clips into the same picture with `lianmai render` and
// with the ffmpeg command, in turn, and reports what each of them cost. `make bench`
// runs it from the root of the checkout.
//
// Its nouns:
//   - A scenario is one job: how many clips of which kind, which template, which
//     canvas, which encoder settings.
//   - A contender is one command that does the job, or a part of it. "lianmai" is
//     ours. "ffmpeg" is the strongest ffmpeg command that we know; ratios are to it.
//     "ffmpeg-usual" is what people write.
//   - The floor is what a perfect mixer with the same codecs would cost: decoding
//     every input once and encoding one output once, with nothing in between.
//   - The reference is the composite that ffmpeg's filters draw, not compressed. The
//     floor's encoder takes it, and both outputs are compared with it, so that nobody
//     wins by drawing something else.
//
// Caveats:
//   - CPU seconds are user plus system time of one process with all its threads.
//   - Ratios are taken within one round and then the median of them, so a machine that
//     slows down for a minute does no harm; a machine that is busy with other work still
//     does. The load average at the start is printed.
//   - The reference is 1.4 MB for each 720p frame, in the system's temporary folder
//     (TMPDIR): 830 MB for 20 s.
package main
