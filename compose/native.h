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

// lianmai_scale fills dst with src, scaled; the sides of dst are even.
void lianmai_scale(lianmai_picture dst, lianmai_picture src);

// lianmai_convert changes the samples of p in place; its sides are even.
void lianmai_convert(lianmai_picture p, lianmai_conversion c);

// lianmai_fill paints p in one colour; its sides are even.
void lianmai_fill(lianmai_picture p, int y, int cb, int cr);

#endif
