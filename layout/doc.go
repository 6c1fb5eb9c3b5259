// Package layout is pure geometry: it answers which participant is seen in which
// rectangle of the canvas, how it is dressed, and where it is on its way there. It
// knows no pixels and no media, and is told the time.
//
// Its nouns:
//   - A [Template] is data: a background and one [Layout] for each head count, for
//     portrait canvases and, where they should differ, for landscape ones.
//   - A [Layout] is a list of [Slot]s. One of them has the role [Main].
//   - A [Slot] says where one participant is seen, in [Length]s, which grow with
//     the canvas.
//   - A [Placement] is a slot that a participant has taken, in pixels. An [Override]
//     changes one of them.
//   - A [Motion] takes tiles from one arrangement to the next, as a [Transition] says.
//   - An [Overlay] lies over all slots.
//
// Caveats:
//   - Pixels are even everywhere, because pictures are 4:2:0. Edges are rounded,
//     not sizes: slots that touch in the template touch on every canvas, without
//     a gap or an overlap.
//   - A square canvas counts as portrait.
//   - Values are plain and may be copied; a Template from [Builtin] is the
//     caller's own.
package layout
