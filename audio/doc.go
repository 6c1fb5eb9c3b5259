// Package audio is the sound of one mix, in pure Go: the decoded sound of every
// source goes in, one mixed block comes out for each audio tick. All of it is
// 48 kHz stereo float32, interleaved left, right; 1.0 is full scale.
//
// Its nouns:
//   - A frame is one left and one right sample. Every position is the absolute
//     index of a frame, counted from the start of the session.
//   - A [Ring] holds the frames around now by absolute index and knows which are
//     there: a run is a stretch of frames that follow one another without a seam.
//   - A [Source] is one track of the mix: a Ring, a gain, a pan, a mute, a solo, meters,
//     and an ear for whether somebody speaks. It is speech, or it is music.
//   - A [Mixer] sums its sources, never dividing by their number: first all speech,
//     then the music, which can be lowered while speech is heard ([DuckingConfig]). The
//     sum goes through the master ([MasterConfig]) and is limited to [CeilingDB].
//   - A [Director] chooses the main speaker from who speaks.
//   - A [Stretcher] plays a source a little faster or slower, to steer clock drift.
//
// Nothing clicks. A source rises from silence and falls to it over 5 ms, with a
// raised cosine, wherever a run starts or ends; gain, pan, mute, solo, ducking and the
// master move along the same curve. The fade out before a gap is known in time because
// a source is read [Lead] frames ahead of the frame that is heard: what has not been
// written by then is a gap.
//
// Caveats:
//   - Write a source's sound by counting frames, each block where the one before
//     ended. Placing each block by its own rounded timestamp makes a seam, hence a
//     dip of 10 ms, at every block.
//   - A source whose sound arrives less than Lead frames ahead is heard, but dips.
//   - Speech is told from noise, clicks and hum by how its level moves. Music moves as
//     speech does, and so does a television in the room: a source that is music has to
//     be called so ([Source.SetMusic]). Else it is never lowered, and lowers what is.
//   - A signal that is not band-limited can come a little over the ceiling between its
//     samples: what lies in the last tenth below half the sample rate is not seen well.
//   - Nothing here tells the time: the caller says which frames it wants, in order.
//   - The same calls in the same order give the same bits. Products are rounded
//     before they are added, so that no compiler fuses them; only the tables of
//     curves, levels in dB and what the normalisation makes of them may differ in the
//     last bit between processor architectures.
package audio

// SampleRate is the rate of all sound inside a mix, in frames per second.
const SampleRate = 48000

// Channels is the number of channels of all sound inside a mix (left, right; interleaved).
const Channels = 2

// Lead is how many frames (7 ms) past the end of a block a source must have been
// written when the block is mixed, to be sure to play at full level: the limiter's
// look-ahead and the fade out that a gap would need.
const Lead = lookahead + holdFrames - 1
