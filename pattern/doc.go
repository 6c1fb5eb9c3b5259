// Package pattern is the synthetic participant: a drawn person whose picture and
// sound say exactly who and when they are, so that a machine can judge a mix and
// a person can look at it.
//
// The nouns:
//   - A [Participant] draws pictures: a background of its own hue from edge to
//     edge, a person who sways, blinks and talks, its number, a clock for people,
//     and the code. For the first 100 ms of each whole second of its clock the
//     panel with the number flashes white.
//   - A [Voice] makes the sound that belongs to it: a quiet continuous tone of its
//     own, and a beep of its own for the first 100 ms of each whole second.
//   - A [Code] is the machine-readable square in the centre of the picture: number,
//     clock in milliseconds, checksum.
//   - A [Finder] finds the codes in a mixed picture without knowing the layout, and
//     the rectangle ([Finder.Tile]) that a participant's hue fills.
//
// Caveats:
//   - Everything is a function of the clock alone: the same clock gives the same
//     picture and the same samples, so runs can be compared.
//   - The code's clock is in milliseconds modulo [ClockPeriod]: whole seconds stay
//     whole, and delays are unambiguous up to half of it.
//   - The code is axis-aligned. It is read through centre-cropping, scaling (also
//     uneven) down to 3 pixels a cell, and coding; not through rotation.
//   - Colours are limited-range BT.709. After a conversion with the wrong matrix
//     the hues are still told apart, and [Hue] lets the judge measure the error.
package pattern
