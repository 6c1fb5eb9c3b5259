// Command bench mixes the same clips into the same picture with `lianmai render` and
// with the ffmpeg command, in turn, and reports what each of them cost and how good it
// looks. `make bench` runs it from the root of the checkout, `make bench-quality` for
// its table of encoder settings. It writes docs/benchmarks.md between its markers.
//
// Its nouns:
//   - A scenario is one job: which kinds of clips, which template, which canvas, which
//     encoder settings. A bar is what a ratio of its should be at most.
//   - A contender is one command that does the job, or a part of it. "lianmai" is ours
//     with ffmpeg's encoder settings, "lianmai-defaults" with its own. "ffmpeg" is what
//     people write; bars are against it. "ffmpeg-best" is the cheapest ffmpeg command that
//     we know.
//   - The floor is what a mixer with the same codecs, settings and pictures would cost
//     that does nothing else: decoding every input that is seen once and encoding one
//     output once.
//   - The reference is the composite that ffmpeg's filters draw, not compressed. The
//     floor's encoder takes it, and all outputs are compared with it, so that nobody
//     wins by drawing something else.
//   - A series is how the cost grows with the number of inputs or of mixes.
//
// Caveats:
//   - CPU seconds are user plus system time of one process with all its threads.
//   - Ratios are taken within one round and then the median of them, so a machine that
//     slows down for a minute does no harm; a machine that is busy with other work still
//     does. The load average at the start is printed.
//   - The reference is 1.4 MB for each 720p frame, in the system's temporary folder
//     (TMPDIR): 830 MB for 20 s, 1.9 GB in 1080p.
package main
