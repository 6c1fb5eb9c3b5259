#include "native.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Luma is worked out in unsigned 16 bits: steps of 1/128, raised by bias whole steps so
// that it never gets below zero. The largest sum is 255 + 16 + bias and at most 45
// from chroma, which stays below 65536/128.
enum { bias = 64 };

// The rows of one row of chroma: two of luma, n samples of Cb and of Cr.
typedef struct {
	uint8_t *upper, *lower, *cb, *cr;
	int n;
} rows;

static inline uint8_t clip(int v) { return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v; }

static inline uint8_t luma(uint8_t y, int32_t gain, int32_t shift)
{
	return clip(((y * gain + shift) >> 7) - bias);
}

// convert_from converts samples i to n one by one.
static void convert_from(rows r, int i, const lianmai_conversion *c)
{
	const int32_t base = c->offset + (bias << 14) + (1 << 13);
	const int32_t middle = (128 << 14) + (1 << 13);
	for (; i < r.n; i++) {
		int32_t b = r.cb[i] - 128, v = r.cr[i] - 128;
		int32_t shift = (base + c->y_cb * b + c->y_cr * v) >> 7;
		r.cb[i] = clip((middle + c->cb_cb * b + c->cb_cr * v) >> 14);
		r.cr[i] = clip((middle + c->cr_cb * b + c->cr_cr * v) >> 14);
		for (int j = 2 * i; j < 2 * i + 2; j++) {
			r.upper[j] = luma(r.upper[j], c->y, shift);
			r.lower[j] = luma(r.lower[j], c->y, shift);
		}
	}
}

#if defined(__SSE2__)

// factors holds the factors of Cb and Cr side by side, as pmaddwd takes them.
static inline __m128i factors(int32_t cb, int32_t cr)
{
	return _mm_set1_epi32((int)((uint32_t)cr << 16 | (uint16_t)cb));
}

// weigh returns eight sums of products plus base, shifted right.
static inline __m128i weigh(__m128i lo, __m128i hi, __m128i by, __m128i base, int right)
{
	lo = _mm_srai_epi32(_mm_add_epi32(_mm_madd_epi16(lo, by), base), right);
	hi = _mm_srai_epi32(_mm_add_epi32(_mm_madd_epi16(hi, by), base), right);
	return _mm_packs_epi32(lo, hi);
}

// luma16 converts 16 samples of luma; shift holds what chroma adds, for two each.
static inline void luma16(uint8_t *y, __m128i gain, __m128i shift)
{
	const __m128i zero = _mm_setzero_si128(), down = _mm_set1_epi16(bias);
	__m128i v = _mm_loadu_si128((const __m128i *)y);
	__m128i lo = _mm_mullo_epi16(_mm_unpacklo_epi8(v, zero), gain);
	__m128i hi = _mm_mullo_epi16(_mm_unpackhi_epi8(v, zero), gain);
	lo = _mm_srli_epi16(_mm_add_epi16(lo, _mm_unpacklo_epi16(shift, shift)), 7);
	hi = _mm_srli_epi16(_mm_add_epi16(hi, _mm_unpackhi_epi16(shift, shift)), 7);
	v = _mm_packus_epi16(_mm_sub_epi16(lo, down), _mm_sub_epi16(hi, down));
	_mm_storeu_si128((__m128i *)y, v);
}

// convert_eights converts samples in groups of eight and returns how many it did.
static int convert_eights(rows r, const lianmai_conversion *c)
{
	const __m128i zero = _mm_setzero_si128(), centre = _mm_set1_epi16(128);
	const __m128i base = _mm_set1_epi32(c->offset + (bias << 14) + (1 << 13));
	const __m128i middle = _mm_set1_epi32((128 << 14) + (1 << 13));
	const __m128i to_y = factors(c->y_cb, c->y_cr), gain = _mm_set1_epi16((short)c->y);
	const __m128i to_cb = factors(c->cb_cb, c->cb_cr), to_cr = factors(c->cr_cb, c->cr_cr);
	int i = 0;
	for (; i + 8 <= r.n; i += 8) {
		__m128i b = _mm_loadl_epi64((const __m128i *)(r.cb + i));
		__m128i v = _mm_loadl_epi64((const __m128i *)(r.cr + i));
		b = _mm_sub_epi16(_mm_unpacklo_epi8(b, zero), centre);
		v = _mm_sub_epi16(_mm_unpacklo_epi8(v, zero), centre);
		__m128i lo = _mm_unpacklo_epi16(b, v), hi = _mm_unpackhi_epi16(b, v);
		b = weigh(lo, hi, to_cb, middle, 14);
		v = weigh(lo, hi, to_cr, middle, 14);
		_mm_storel_epi64((__m128i *)(r.cb + i), _mm_packus_epi16(b, b));
		_mm_storel_epi64((__m128i *)(r.cr + i), _mm_packus_epi16(v, v));
		__m128i shift = weigh(lo, hi, to_y, base, 7);
		luma16(r.upper + 2 * i, gain, shift);
		luma16(r.lower + 2 * i, gain, shift);
	}
	return i;
}

#else

static int convert_eights(rows r, const lianmai_conversion *c)
{
	(void)r, (void)c;
	return 0;
}

#endif

void lianmai_convert(lianmai_picture p, lianmai_conversion c)
{
	for (int row = 0; row < p.h / 2; row++) {
		uint8_t *upper = p.y + (long)2 * row * p.sy;
		rows r = {upper, upper + p.sy, p.cb + (long)row * p.scb, p.cr + (long)row * p.scr, p.w / 2};
		convert_from(r, convert_eights(r, &c), &c);
	}
}
