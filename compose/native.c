#include "native.h"

#include <libyuv.h>
#include <stdlib.h>

enum { max_side = 4096 }; // media.MaxSide

// scale lets libyuv fill dst with src. Equal sizes are copied; exact halves and quarters
// are averages; everything else is bilinear, as long as either side shrinks to half or more.
static void scale(const lianmai_picture *dst, const lianmai_picture *src)
{
	I420Scale(src->y, src->sy, src->cb, src->scb, src->cr, src->scr, src->w, src->h,
	          dst->y, dst->sy, dst->cb, dst->scb, dst->cr, dst->scr, dst->w, dst->h, kFilterBox);
}

// has_exact_path says that dst is a half or a quarter of src in both directions.
static int has_exact_path(const lianmai_picture *dst, const lianmai_picture *src)
{
	return (src->w == 2 * dst->w && src->h == 2 * dst->h) ||
	       (src->w == 4 * dst->w && src->h == 4 * dst->h);
}

// half_side returns half a side of luma. Two pixels are left out where chroma, rounded
// up, would need half a sample more than there is.
static int half_side(int n) { return ((n & 3) == 2 && n > 2 ? n - 2 : n) / 2; }

static size_t samples(int w, int h)
{
	return (size_t)w * h + 2 * (size_t)((w + 1) / 2) * ((h + 1) / 2);
}

// halve averages 2×2 samples of src into the memory at to and returns the picture there.
static lianmai_picture halve(const lianmai_picture *src, uint8_t *to)
{
	int w = half_side(src->w), h = half_side(src->h);
	int cw = (w + 1) / 2, ch = (h + 1) / 2;
	lianmai_picture p = {
		.y = to, .cb = to + (size_t)w * h, .cr = to + (size_t)w * h + (size_t)cw * ch,
		.sy = w, .scb = cw, .scr = cw, .w = w, .h = h,
	};
	ScalePlane(src->y, src->sy, 2 * w, 2 * h, p.y, w, w, h, kFilterBox);
	ScalePlane(src->cb, src->scb, 2 * cw, 2 * ch, p.cb, cw, cw, ch, kFilterBox);
	ScalePlane(src->cr, src->scr, 2 * cw, 2 * ch, p.cr, cw, cw, ch, kFilterBox);
	return p;
}

void lianmai_scale(lianmai_picture dst, lianmai_picture src)
{
	// libyuv's box filter for any ratio rounds down, loses precision beyond 16:1 and
	// overflows beyond 256:1. Halving until less than 2:1 is left is exact to the
	// rounding and twice as fast.
	uint8_t *memory = NULL, *free_part = NULL;
	while (src.w >= 2 * dst.w && src.h >= 2 * dst.h && src.w >= 4 && src.h >= 4 && !has_exact_path(&dst, &src)) {
		if (memory == NULL) {
			// Halves and all that follow: 1 + 1/4 + 1/16 + … is less than 2.
			memory = free_part = malloc(2 * samples(src.w / 2, src.h / 2));
			if (memory == NULL)
				break; // the picture gets coarse, not lost
		}
		src = halve(&src, free_part);
		free_part += samples(src.w, src.h);
	}
	scale(&dst, &src);
	free(memory);
}

void lianmai_fill(lianmai_picture p, int y, int cb, int cr)
{
	I420Rect(p.y, p.sy, p.cb, p.scb, p.cr, p.scr, 0, 0, p.w, p.h, y, cb, cr);
}

static inline int clip(int v)
{
	v = v < 0 ? 0 : v;
	return v > 255 ? 255 : v;
}

// Luma is worked out in 16 bits, which the compiler vectorises eight or more at a
// time: 1/128 steps, raised by bias steps of 1 so that it never gets below zero. The
// largest sum is 255 + 16 + 64 plus at most 45 from chroma, below 65536/128.
enum { bias = 64 };

// chroma_row converts n samples of both chroma planes and writes to shift what they
// add to the luma above them, in 1/128.
static void chroma_row(uint8_t *restrict cb, uint8_t *restrict cr, uint16_t *restrict shift,
                       int n, const lianmai_conversion *restrict c)
{
	const int32_t base = c->offset + (bias << 14) + (1 << 13);
	for (int i = 0; i < n; i++) {
		int32_t b = cb[i] - 128, r = cr[i] - 128;
		shift[i] = (base + c->y_cb * b + c->y_cr * r) >> 7;
		cb[i] = clip(((128 << 14) + (1 << 13) + c->cb_cb * b + c->cb_cr * r) >> 14);
		cr[i] = clip(((128 << 14) + (1 << 13) + c->cr_cb * b + c->cr_cr * r) >> 14);
	}
}

// luma_row converts 2n samples of luma.
static void luma_row(uint8_t *restrict y, const uint16_t *restrict shift, int n, uint16_t gain)
{
	for (int i = 0; i < n; i++) {
		uint16_t a = (uint16_t)(y[2 * i] * gain + shift[i]);
		uint16_t b = (uint16_t)(y[2 * i + 1] * gain + shift[i]);
		int16_t left = (int16_t)(a >> 7) - bias, right = (int16_t)(b >> 7) - bias;
		left = left < 0 ? 0 : left;
		right = right < 0 ? 0 : right;
		y[2 * i] = left > 255 ? 255 : left;
		y[2 * i + 1] = right > 255 ? 255 : right;
	}
}

void lianmai_convert(lianmai_picture p, lianmai_conversion c)
{
	uint16_t shift[max_side / 2];
	int n = p.w / 2;
	for (int row = 0; row < p.h / 2; row++) {
		chroma_row(p.cb + (long)row * p.scb, p.cr + (long)row * p.scr, shift, n, &c);
		luma_row(p.y + (long)2 * row * p.sy, shift, n, (uint16_t)c.y);
		luma_row(p.y + (long)(2 * row + 1) * p.sy, shift, n, (uint16_t)c.y);
	}
}
