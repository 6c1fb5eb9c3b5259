#include "native.h"

#include <libyuv.h>
#include <stdlib.h>

#include "bilinear.h"

// averages says that libyuv has a fast and exact average for this ratio: 2:1 or 4:1.
static int averages(int sw, int sh, int dw, int dh)
{
	return (sw == 2 * dw && sh == 2 * dh) || (sw == 4 * dw && sh == 4 * dh);
}

// halvings returns how often a plane is to be halved before the last step: until
// less than 2:1 is left in one direction, or a ratio that libyuv averages.
static int halvings(int sw, int sh, int dw, int dh)
{
	int n = 0;
	while (sw >= 2 * dw && sh >= 2 * dh && !averages(sw, sh, dw, dh)) {
		sw /= 2;
		sh /= 2;
		n++;
	}
	return n;
}

// scale_plane fills dw×dh samples at dst with src. Equal sizes are copied, ratios below
// 2:1 are bilinear, larger ones averages.
//
// libyuv's own averages for any ratio round down, lose precision beyond 16:1 and overflow
// beyond 256:1. Halving first rounds to the nearest and is twice as fast. An odd last row
// or column is left out by it, at most half a sample of the result.
static void scale_plane(uint8_t *dst, int stride, int dw, int dh, plane src)
{
	uint8_t *memory = NULL;
	int n = halvings(src.w, src.h, dw, dh);
	if (n > 0) {
		// A quarter of the samples, and a quarter of those, … : less than half of all.
		// Without memory the picture gets coarse, it is not lost.
		memory = malloc((size_t)src.w * src.h / 2);
		if (memory == NULL)
			n = 0;
	}
	uint8_t *to = memory;
	for (; n > 0; n--) {
		int w = src.w / 2, h = src.h / 2;
		ScalePlane(src.at, src.stride, 2 * w, 2 * h, to, w, w, h, kFilterBox);
		src = (plane){to, w, w, h};
		to += (size_t)w * h;
	}
	int plain = (src.w == dw && src.h == dh) || averages(src.w, src.h, dw, dh);
	if (plain || !bilinear(dst, stride, dw, dh, src))
		ScalePlane(src.at, src.stride, src.w, src.h, dst, stride, dw, dh, kFilterBox);
	free(memory);
}

void lianmai_scale(lianmai_picture dst, lianmai_picture src)
{
	int sw = (src.w + 1) / 2, sh = (src.h + 1) / 2, dw = dst.w / 2, dh = dst.h / 2;
	scale_plane(dst.y, dst.sy, dst.w, dst.h, (plane){src.y, src.sy, src.w, src.h});
	scale_plane(dst.cb, dst.scb, dw, dh, (plane){src.cb, src.scb, sw, sh});
	scale_plane(dst.cr, dst.scr, dw, dh, (plane){src.cr, src.scr, sw, sh});
}

void lianmai_fill(lianmai_picture p, int y, int cb, int cr)
{
	I420Rect(p.y, p.sy, p.cb, p.scb, p.cr, p.scr, 0, 0, p.w, p.h, y, cb, cr);
}
