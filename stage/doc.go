// Package stage dresses a layout: it makes what a template says of its slots and
// overlays ready to be drawn.
//
// Its nouns:
//   - A [Dresser] knows the fonts, the pictures and the canvas.
//   - A [Dress] is what one placement wears: placeholder, corners, border, label.
//   - A [Set] is what surrounds them: the backdrop and the overlays.
//
// Everything is made once, when something changes; a tick only picks from it and
// allocates nothing.
package stage
