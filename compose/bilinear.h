// Bilinear scaling of one plane, for ratios that libyuv works out sample by sample.

#ifndef LIANMAI_COMPOSE_BILINEAR_H
#define LIANMAI_COMPOSE_BILINEAR_H

#include <stdint.h>

// plane is one component of a picture, stride bytes from row to row.
typedef struct {
	const uint8_t *at;
	int stride, w, h;
} plane;

// bilinear fills dw×dh samples at dst, at most 4096 wide, with src. It returns 0 and does
// nothing on a processor or for a ratio that it is not made for.
int bilinear(uint8_t *dst, int stride, int dw, int dh, plane src);

#endif
