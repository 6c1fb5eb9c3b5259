// Package compose draws pictures into rectangles of one picture, the canvas.
//
// Its nouns:
//   - A [Canvas] is the picture that the encoder takes. It is kept from one Draw to
//     the next, so only what changed is painted.
//   - A [Backdrop] is what is seen where no tile is: a colour or a picture.
//   - A [Tile] is one picture, borrowed for one Draw, and the rectangle that it is
//     to be seen in. It may be faded, and a [Shape] rounds its corners and gives it a border.
//   - A [Sprite] is a picture with alpha: a tile of its own, or the label of one.
//   - [Fonts] and [NewPlaceholder] make the picture of a participant who has none.
//
// Everything is planar 8-bit YCbCr 4:2:0. The canvas is BT.709 in limited range;
// tiles of another matrix or range are converted where they are painted.
//
// Caveats:
//   - A Canvas has one owner at a time and is not safe for concurrent use.
//   - Only a change of Seq says that a tile's samples changed; the samples are not
//     compared.
//   - Scaling and blending happen in the samples' own gamma, as in nearly all video
//     software. Chroma is blended at its own, half, resolution.
package compose
