// Package layout is pure geometry: it answers which participant is seen in which
// rectangle of the canvas. It knows no pixels, no media and no time.
//
// Its nouns:
//   - A [Template] is data: a background and one [Layout] for each head count, for
//     portrait canvases and, where they should differ, for landscape ones.
//   - A [Layout] is a list of [Slot]s. One of them has the role [Main].
//   - A [Slot] says where one participant is seen, in [Length]s, which grow with
//     the canvas.
//   - A [Placement] is a slot that a participant has taken, in pixels.
//
// Caveats:
//   - Pixels are even everywhere, because pictures are 4:2:0. Edges are rounded,
//     not sizes: slots that touch in the template touch on every canvas, without
//     a gap or an overlap.
//   - A square canvas counts as portrait.
//   - Values are plain and may be copied; a Template from [Builtin] is the
//     caller's own.
package layout
