#include "native.h"

#include <libyuv.h>
#include <string.h>

// Plain loops: compilers turn them into vectors of 16 samples, because nothing in them
// needs more than 16 bits. Alpha is 0–255 and counts 1/255, so that both ends are exact.

// weigh returns a·alpha + b·(1-alpha), rounded to the nearest.
static inline uint8_t weigh(uint8_t a, uint8_t b, uint8_t alpha)
{
	uint16_t sum = (uint16_t)(a * alpha + b * (255 - alpha) + 128);
	return (uint8_t)((uint16_t)(sum + (sum >> 8)) >> 8);
}

// keep takes from a row what is beneath it, as far as cover is not whole.
static void keep(uint8_t *restrict row, const uint8_t *restrict under, const uint8_t *restrict cover, int n)
{
	for (int i = 0; i < n; i++)
		row[i] = weigh(row[i], under[i], cover[i]);
}

// tint lays one value over a row, as opaque as the mask and alpha say.
static void tint(uint8_t *restrict row, const uint8_t *restrict mask, uint8_t value, uint8_t alpha, int n)
{
	for (int i = 0; i < n; i++)
		row[i] = weigh(value, row[i], weigh(mask[i], 0, alpha));
}

// over lays premultiplied samples over a row.
static void over(uint8_t *restrict row, const uint8_t *restrict samples, const uint8_t *restrict alpha, int n)
{
	for (int i = 0; i < n; i++)
		row[i] = (uint8_t)(samples[i] + weigh(0, row[i], alpha[i]));
}

static void fade(uint8_t *restrict row, const uint8_t *restrict under, uint8_t alpha, int n)
{
	for (int i = 0; i < n; i++)
		row[i] = weigh(under[i], row[i], alpha);
}

// area is a rectangle of one component, stride bytes from row to row.
typedef struct {
	uint8_t *at;
	int stride, w, h;
} area;

// component returns Y (0), Cb (1) or Cr (2) of p.
static area component(lianmai_picture p, int i)
{
	if (i == 0)
		return (area){p.y, p.sy, p.w, p.h};
	if (i == 1)
		return (area){p.cb, p.scb, p.w / 2, p.h / 2};
	return (area){p.cr, p.scr, p.w / 2, p.h / 2};
}

static uint8_t *sample(area a, int x, int y) { return a.at + (long)y * a.stride + x; }

void lianmai_copy(lianmai_picture dst, lianmai_picture src)
{
	for (int i = 0; i < 3; i++) {
		area to = component(dst, i), from = component(src, i);
		CopyPlane(from.at, from.stride, to.at, to.stride, to.w, to.h);
	}
}

void lianmai_fade(lianmai_picture p, lianmai_picture under, int alpha)
{
	for (int i = 0; i < 3; i++) {
		area to = component(p, i), from = component(under, i);
		for (int y = 0; y < to.h; y++)
			fade(sample(to, 0, y), sample(from, 0, y), (uint8_t)alpha, to.w);
	}
}

void lianmai_over(lianmai_picture p, lianmai_sprite s)
{
	const uint8_t *samples[3] = {s.y, s.cb, s.cr};
	for (int i = 0; i < 3; i++) {
		area to = component(p, i);
		const uint8_t *alpha = i ? s.half_alpha : s.alpha;
		long stride = i ? s.stride / 2 : s.stride;
		for (int y = 0; y < to.h; y++)
			over(sample(to, 0, y), samples[i] + y * stride, alpha + y * stride, to.w);
	}
}

void lianmai_round(lianmai_picture p, lianmai_picture under, lianmai_corners c)
{
	for (int i = 0; i < 3; i++) {
		area to = component(p, i), from = component(under, i);
		int side = i ? c.side / 2 : c.side;
		const uint8_t *cover = i ? c.half_cover : c.cover;
		for (int y = 0; y < side; y++, cover += 2 * side) {
			int top[2] = {y, y}, bottom[2] = {to.h - 1 - y, from.h - 1 - y};
			keep(sample(to, 0, top[0]), sample(from, 0, top[1]), cover, side);
			keep(sample(to, to.w - side, top[0]), sample(from, from.w - side, top[1]), cover + side, side);
			keep(sample(to, 0, bottom[0]), sample(from, 0, bottom[1]), cover, side);
			keep(sample(to, to.w - side, bottom[0]), sample(from, from.w - side, bottom[1]), cover + side, side);
		}
	}
}

// ink is what a border paints into one component.
typedef struct {
	uint8_t value, alpha;
} ink;

// repeat fills a row with one value. A call of memset takes longer than the few samples of a
// border's upright edges.
static void repeat(uint8_t *row, uint8_t value, int n)
{
	const uint32_t four = value * 0x01010101u;
	if (n > 32) {
		memset(row, value, n);
		return;
	}
	for (; n >= 4; n -= 4, row += 4)
		memcpy(row, &four, 4);
	if (n >= 2)
		memcpy(row, &four, 2);
	if (n & 1)
		row[n - 1] = value;
}

// fill lays the ink over w×h samples from (x, y) on.
static void fill(area a, int x, int y, int w, int h, ink k)
{
	for (; h > 0; h--, y++) {
		uint8_t *row = sample(a, x, y);
		if (k.alpha == 255)
			repeat(row, k.value, w);
		else
			for (int i = 0; i < w; i++)
				row[i] = weigh(k.value, row[i], k.alpha);
	}
}

// straight lays the ink over lines of the given width, depth samples from each edge, between
// the corners.
static void straight(area a, int side, int depth, int width, ink k)
{
	int across = a.w - 2 * side, down = a.h - 2 * side;
	fill(a, side, depth, across, width, k);
	fill(a, side, a.h - depth - width, across, width, k);
	fill(a, depth, side, width, down, k);
	fill(a, a.w - depth - width, side, width, down, k);
}

void lianmai_border(lianmai_picture p, lianmai_corners c, int width, lianmai_ink colour)
{
	const int values[3] = {colour.y, colour.cb, colour.cr};
	for (int i = 0; i < 3; i++) {
		area a = component(p, i);
		ink k = {(uint8_t)values[i], (uint8_t)colour.alpha};
		int side = i ? c.side / 2 : c.side;
		const uint8_t *edge = i ? c.half_edge : c.edge;
		for (int y = 0; y < side; y++, edge += 2 * side) {
			int bottom = a.h - 1 - y;
			tint(sample(a, 0, y), edge, k.value, k.alpha, side);
			tint(sample(a, a.w - side, y), edge + side, k.value, k.alpha, side);
			tint(sample(a, 0, bottom), edge, k.value, k.alpha, side);
			tint(sample(a, a.w - side, bottom), edge + side, k.value, k.alpha, side);
		}
		if (i == 0) {
			straight(a, side, 0, width, k);
			continue;
		}
		straight(a, side, 0, width / 2, k);
		if (width & 1) {
			// The last line of an odd border is half of a row of chroma.
			k.alpha = (uint8_t)((k.alpha + 1) / 2);
			straight(a, side, width / 2, 1, k);
		}
	}
}
