#include "bilinear.h"

#if defined(__x86_64__)

#include <string.h>
#include <immintrin.h>

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2 __attribute__((target("avx2")))

enum {
	max_side = 4096, // media.MaxSide
	block = 8,       // samples of the result worked out at once
	reach = 16,      // bytes of the source that they may come from
	one = 128,       // the weights of two neighbours add up to this
};

// recipe says how a row is scaled. Sample i of block b is the mean, weighted with
// weight[b][2i] and [2i+1], of the bytes pick[b][2i] and [2i+1] of the reach bytes from
// start[b] on.
typedef struct {
	uint8_t pick[max_side / block][2 * block];
	uint8_t weight[max_side / block][2 * block];
	int start[max_side / block];
} recipe;

// position returns where sample i of dn lies among sn samples, in 1/65536, so that the
// pictures' edges coincide.
static int64_t position(int i, int dn, int sn)
{
	int64_t p = (((int64_t)(2 * i + 1) * sn << 15) / dn) - 32768;
	int64_t last = (int64_t)(sn - 1) << 16;
	return p < 0 ? 0 : p > last ? last : p;
}

// split returns the first of the two samples around a position, such that both exist, and
// sets the weight of the second.
static int split(int64_t p, int sn, int *weight)
{
	int i = (int)(p >> 16);
	if (i > sn - 2)
		i = sn > 1 ? sn - 2 : 0;
	*weight = (int)((p - ((int64_t)i << 16) + 256) >> 9);
	return i;
}

static void prepare(recipe *r, int dw, int sw)
{
	for (int x = 0; x < (dw + block - 1) / block * block; x++) {
		int b = x / block, i = x % block, second;
		int first = split(position(x < dw ? x : dw - 1, dw, sw), sw, &second);
		if (i == 0)
			r->start[b] = first;
		r->pick[b][2 * i] = (uint8_t)(first - r->start[b]);
		r->pick[b][2 * i + 1] = (uint8_t)(first - r->start[b] + 1);
		r->weight[b][2 * i] = (uint8_t)(one - second);
		r->weight[b][2 * i + 1] = (uint8_t)second;
	}
}

// Samples are multiplied as signed bytes, 128 less than they are; the weights, up to
// 128, are the unsigned ones. The products' sum fits 16 bits.

// blend_from writes samples i to n of (one-weight)·a + weight·b, where one stands for 1.
SSSE3 static void blend_from(uint8_t *to, const uint8_t *a, const uint8_t *b, int weight, int i, int n)
{
	const __m128i weights = _mm_set1_epi16((short)(weight << 8 | (one - weight)));
	const __m128i sign = _mm_set1_epi8((char)128), half = _mm_set1_epi16(one / 2);
	for (; i + 16 <= n; i += 16) {
		__m128i va = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(a + i)), sign);
		__m128i vb = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(b + i)), sign);
		__m128i lo = _mm_maddubs_epi16(weights, _mm_unpacklo_epi8(va, vb));
		__m128i hi = _mm_maddubs_epi16(weights, _mm_unpackhi_epi8(va, vb));
		lo = _mm_srai_epi16(_mm_add_epi16(lo, half), 7);
		hi = _mm_srai_epi16(_mm_add_epi16(hi, half), 7);
		_mm_storeu_si128((__m128i *)(to + i), _mm_xor_si128(_mm_packs_epi16(lo, hi), sign));
	}
	for (; i < n; i++)
		to[i] = (uint8_t)((a[i] * (one - weight) + b[i] * weight + one / 2) >> 7);
}

// blend_wide is blend_from for all samples, 32 at once.
AVX2 static void blend_wide(uint8_t *to, const uint8_t *a, const uint8_t *b, int weight, int n)
{
	const __m256i weights = _mm256_set1_epi16((short)(weight << 8 | (one - weight)));
	const __m256i sign = _mm256_set1_epi8((char)128), half = _mm256_set1_epi16(one / 2);
	int i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i va = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(a + i)), sign);
		__m256i vb = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(b + i)), sign);
		__m256i lo = _mm256_maddubs_epi16(weights, _mm256_unpacklo_epi8(va, vb));
		__m256i hi = _mm256_maddubs_epi16(weights, _mm256_unpackhi_epi8(va, vb));
		lo = _mm256_srai_epi16(_mm256_add_epi16(lo, half), 7);
		hi = _mm256_srai_epi16(_mm256_add_epi16(hi, half), 7);
		_mm256_storeu_si256((__m256i *)(to + i), _mm256_xor_si256(_mm256_packs_epi16(lo, hi), sign));
	}
	blend_from(to, a, b, weight, i, n);
}

// scale_from writes samples b·block to dw made of row, which has reach bytes to spare at its
// end.
SSSE3 static void scale_from(uint8_t *to, int dw, const uint8_t *row, const recipe *r, int b)
{
	const __m128i sign = _mm_set1_epi8((char)128), half = _mm_set1_epi16(one / 2);
	for (; b * block < dw; b++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(row + r->start[b]));
		v = _mm_shuffle_epi8(v, _mm_loadu_si128((const __m128i *)r->pick[b]));
		v = _mm_maddubs_epi16(_mm_loadu_si128((const __m128i *)r->weight[b]), _mm_xor_si128(v, sign));
		v = _mm_srai_epi16(_mm_add_epi16(v, half), 7);
		v = _mm_xor_si128(_mm_packs_epi16(v, v), sign);
		int left = dw - b * block;
		if (left >= block) {
			_mm_storel_epi64((__m128i *)(to + b * block), v);
		} else {
			uint8_t last[16];
			_mm_storeu_si128((__m128i *)last, v);
			memcpy(to + b * block, last, left);
		}
	}
}

// scale_wide is scale_from for all samples, four blocks at once.
AVX2 static void scale_wide(uint8_t *to, int dw, const uint8_t *row, const recipe *r)
{
	const __m256i sign = _mm256_set1_epi8((char)128), half = _mm256_set1_epi16(one / 2);
	int b = 0;
	for (; (b + 4) * block <= dw; b += 4) {
		__m256i v[2];
		for (int i = 0; i < 2; i++) {
			int at = b + 2 * i;
			v[i] = _mm256_inserti128_si256(
				_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(row + r->start[at]))),
				_mm_loadu_si128((const __m128i *)(row + r->start[at + 1])), 1);
			v[i] = _mm256_shuffle_epi8(v[i], _mm256_loadu_si256((const __m256i *)r->pick[at]));
			v[i] = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)r->weight[at]), _mm256_xor_si256(v[i], sign));
			v[i] = _mm256_srai_epi16(_mm256_add_epi16(v[i], half), 7);
		}
		// Packed half by half, the blocks are in the order 0, 2, 1, 3.
		__m256i all = _mm256_permute4x64_epi64(_mm256_packs_epi16(v[0], v[1]), _MM_SHUFFLE(3, 1, 2, 0));
		_mm256_storeu_si256((__m256i *)(to + b * block), _mm256_xor_si256(all, sign));
	}
	scale_from(to, dw, row, r, b);
}

static void blend_rows(uint8_t *to, const uint8_t *a, const uint8_t *b, int weight, int n, int wide)
{
	if (weight == 0)
		memcpy(to, a, n);
	else if (weight == one)
		memcpy(to, b, n);
	else if (wide)
		blend_wide(to, a, b, weight, n);
	else
		blend_from(to, a, b, weight, 0, n);
}

int bilinear(uint8_t *dst, int stride, int dw, int dh, plane src)
{
	// Eight samples reach over 7·2 + 2 bytes at 2:1.
	if (!__builtin_cpu_supports("ssse3") || src.w > 2 * dw || dw > max_side || src.w > max_side)
		return 0;
	const int wide = __builtin_cpu_supports("avx2") != 0;
	recipe r;
	uint8_t row[max_side + reach];
	prepare(&r, dw, src.w);
	// What lies beyond the last sample is picked with no weight, if at all.
	memset(row + src.w, 0, reach);
	for (int y = 0; y < dh; y++) {
		int weight;
		int first = split(position(y, dh, src.h), src.h, &weight);
		const uint8_t *a = src.at + (long)first * src.stride;
		blend_rows(row, a, src.h > 1 ? a + src.stride : a, weight, src.w, wide);
		uint8_t *to = dst + (long)y * stride;
		if (wide)
			scale_wide(to, dw, row, &r);
		else
			scale_from(to, dw, row, &r, 0);
	}
	return 1;
}

#else

int bilinear(uint8_t *dst, int stride, int dw, int dh, plane src)
{
	(void)dst, (void)stride, (void)dw, (void)dh, (void)src;
	return 0;
}

#endif
