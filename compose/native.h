// The work on samples, one call for each rectangle. Picture sizes and rectangles have
// been checked by the caller; a plane has stride s bytes from row to row.

#ifndef LIANMAI_COMPOSE_NATIVE_H
#define LIANMAI_COMPOSE_NATIVE_H

#include <stdint.h>

typedef struct {
	uint8_t *y, *cb, *cr; // first sample of the rectangle
	int sy, scb, scr;     // strides in bytes
	int w, h;             // pixels
} lianmai_picture;

// See conversion in color.go.
typedef struct {
	int32_t y, offset;
	int32_t y_cb, y_cr;
	int32_t cb_cb, cb_cr;
	int32_t cr_cb, cr_cr;
} lianmai_conversion;

// Masks of a tile's corners, 0–255. A row holds that of the top left corner and that of the
// top right one, side samples each; the bottom corners are the same upside down. The half
// ones are for chroma, with half the side.
typedef struct {
	const uint8_t *cover, *half_cover; // how much of a sample is the tile's
	const uint8_t *edge, *half_edge;   // how much of that is border
	int side;                          // pixels, even, at most half of each side of the tile
} lianmai_corners;

// A colour, 0–255 each, opaque where alpha is 255.
typedef struct {
	int y, cb, cr, alpha;
} lianmai_ink;

// A picture with alpha, premultiplied; rows are stride bytes apart, those of chroma half
// as much.
typedef struct {
	const uint8_t *y, *cb, *cr;
	const uint8_t *alpha, *half_alpha;
	int stride;
} lianmai_sprite;

// lianmai_scale fills dst with src, scaled; the sides of dst are even.
void lianmai_scale(lianmai_picture dst, lianmai_picture src);

// lianmai_convert changes the samples of p in place; its sides are even.
void lianmai_convert(lianmai_picture p, lianmai_conversion c);

// lianmai_fill paints p in one colour; its sides are even.
void lianmai_fill(lianmai_picture p, int y, int cb, int cr);

// lianmai_copy fills dst with src, which has the same, even, sides.
void lianmai_copy(lianmai_picture dst, lianmai_picture src);

// lianmai_over lays s over p; the sides of p are even and s has at least as many samples.
void lianmai_over(lianmai_picture p, lianmai_sprite s);

// lianmai_border draws a border of width pixels, at most c.side, inside the edge of p.
void lianmai_border(lianmai_picture p, lianmai_corners c, int width, lianmai_ink colour);

// lianmai_round gives the corners of p back to what is beneath them: the corners of under,
// whose sides are at least twice c.side.
void lianmai_round(lianmai_picture p, lianmai_picture under, lianmai_corners c);

// lianmai_fade lays under, of the same, even, sides, over p with an alpha of 0–255.
void lianmai_fade(lianmai_picture p, lianmai_picture under, int alpha);

#endif
