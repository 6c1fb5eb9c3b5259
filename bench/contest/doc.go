// Package contest holds what the benchmark of files (`make bench`) and that of live
// mixes (`make bench-live`) share: what the ffmpeg command is told to do Lianmai's
// job, the statistics, and the shape of the results.
//
// Its nouns:
//   - A [Job] is a picture of rectangles with a [Source] for each. [Job.Graph] is
//     ffmpeg's filter graph for it.
//   - An [Encoding] is how the mix is encoded, the same for everybody.
//   - A [Spread] is what is reported of several measurements, a [Fit] the straight line
//     through them.
//   - A [LiveReport] is what the live benchmark found.
package contest
