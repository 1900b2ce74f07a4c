// Sixteen numbers at a time: loading, storing, exp, sigmoid and tanh. Arithmetic is float32 whatever is in memory.
// NaN in, NaN out: training must see it.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

constexpr long W = 16;
constexpr float LOWEST = -1e30f;
typedef float Vec __attribute__((vector_size(64)));
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef uint16_t Half __attribute__((vector_size(32)));

struct bf16 {
    uint16_t bits;
};

inline Vec all(float x) { return x - Vec{}; }

inline Vec widen(const float* p) {
    Vec x;
    memcpy(&x, p, sizeof x);
    return x;
}

inline Vec widen(const bf16* p) {
#if defined(__AVX512F__)
    return (Vec)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)p)), 16);
#else
    Half h;
    memcpy(&h, p, sizeof h);
    return (Vec)(__builtin_convertvector(h, Bits) << 16);
#endif
}

inline void narrow(float* p, Vec x) { memcpy(p, &x, sizeof x); }

// To nearest, ties to even; what is no normal number may become 0.
inline void narrow(bf16* p, Vec x) {
#if defined(__AVX512BF16__)
    auto h = _mm512_cvtneps_pbh((__m512)x);
#else
    Bits b = (Bits)x;
    b += 0x7fff + ((b >> 16) & 1);
    b = x == x ? b : (Bits)x | 0x400000;
    Half h = __builtin_convertvector(b >> 16, Half);
#endif
    memcpy(p, &h, sizeof h);
}

// The first `width` numbers at p, `fill` behind them.
template <class Number>
inline Vec load(const Number* p, long width, float fill = 0) {
    if (width == W) return widen(p);
    Number part[W] = {};
    memcpy(part, p, std::min(width, W) * sizeof(Number));
    Vec x = widen(part);
    for (long i = width; i < W; i++) x[i] = fill;
    return x;
}

template <class Number>
inline void store(Number* p, Vec x, long width) {
    if (width == W) return narrow(p, x);
    Number part[W];
    narrow(part, x);
    memcpy(p, part, std::min(width, W) * sizeof(Number));
}

// body(i, width) for i = 0, 16, 32, ...; the last width is what is left of n.
template <class Body>
inline void sweep(long n, Body body) {
    long i = 0;
    for (; i + W <= n; i += W) body(i, W);
    if (i < n) body(i, n - i);
}

// Number by number x > y ? x : y and x < y ? x : y; so y where one of them is NaN.
#if defined(__AVX512F__)
inline Vec larger(Vec x, Vec y) { return (Vec)_mm512_max_ps((__m512)x, (__m512)y); }
inline Vec smaller(Vec x, Vec y) { return (Vec)_mm512_min_ps((__m512)x, (__m512)y); }
#else
inline Vec larger(Vec x, Vec y) { return x > y ? x : y; }
inline Vec smaller(Vec x, Vec y) { return x < y ? x : y; }
#endif

inline float sum(Vec x) {
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)x);
#else
    float total = 0;
    for (long i = 0; i < W; i++) total += x[i];
    return total;
#endif
}

inline float largest(Vec x) {
    float found = x[0];
    for (long i = 1; i < W; i++) found = found < x[i] || x[i] != x[i] ? x[i] : found;
    return found;
}

// A bit for each number above `limit`.
inline uint32_t above(Vec x, float limit) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)x, (__m512)all(limit), _CMP_GT_OQ);
#else
    uint32_t found = 0;
    for (long i = 0; i < W; i++) found |= uint32_t(x[i] > limit) << i;
    return found;
#endif
}

inline Vec reciprocal(Vec x) {
#if defined(__AVX512F__)
    Vec r = __builtin_ia32_rcp14ps512_mask(x, x, -1);
    return r * (2 - x * r);
#else
    return 1 / x;
#endif
}

// Precise: 2^n p(f) with x = n ln 2 + f; p is the polynomial of Cephes' expf. Relative error 2e-7; exp(x) is 0 nowhere: x
// counts as at least -87 and at most 88.
template <class T>
inline Vec exponential(Vec x) {
    x = smaller(all(88), larger(all(-87), x));
    const float shift = 12582912.f;
    Vec shifted = x * 1.44269504f + shift;
    Vec n = shifted - shift;
    Vec f = x - n * 0.693359375f + n * 2.12194440e-4f;
    Vec p = f * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * f + 8.3334519073e-3f;
    p = p * f + 4.1665795894e-2f;
    p = p * f + 1.6666665459e-1f;
    p = p * f + 5.0000001201e-1f;
    p = p * f * f + f + 1;
    Bits power = ((Bits)shifted << 23) + 0x3f800000;
    return p * (Vec)power;
}

template <class T>
inline Vec sigmoid(Vec x) {
    return reciprocal(1 + exponential<T>(-x));
}

// x p(x^2) / q(x^2), the fraction of Eigen's ptanh. Absolute error 3e-7.
template <class T>
inline Vec hyperbolic(Vec x) {
    const float end = 7.9053111f;
    x = smaller(all(end), larger(all(-end), x));
    Vec y = x * x;
    Vec p = y * -2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p * y - 8.60467152213735e-11f;
    p = p * y + 5.12229709037114e-08f;
    p = p * y + 1.48572235717979e-05f;
    p = p * y + 6.37261928875436e-04f;
    p = p * y + 4.89352455891786e-03f;
    Vec q = y * 1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q * y + 2.26843463243900e-03f;
    q = q * y + 4.89352518554385e-03f;
    return x * p * reciprocal(q);
}

#if defined(__AVX512F__)
// For results in bfloat16, which keeps eight bits: relative errors of 6e-6, 6e-5 and 1.1e-4. The polynomial of 2^f is
// that of Taylor, the fraction of tanh fitted on 0 to 5. Above 88.7 exp is infinite: scalef(NaN, infinity) is, too.
template <>
inline Vec exponential<bf16>(Vec x) {
    Vec y = larger(all(-126), x * 1.44269504f);
    Vec n = (Vec)_mm512_roundscale_ps((__m512)y, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    Vec f = y - n;
    Vec p = f * 1.3333558e-3f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1;
    return (Vec)_mm512_scalef_ps((__m512)p, (__m512)n);
}

template <>
inline Vec sigmoid<bf16>(Vec x) {
    return (Vec)_mm512_rcp14_ps((__m512)(1 + exponential<bf16>(-x)));
}

template <>
inline Vec hyperbolic<bf16>(Vec x) {
    x = smaller(all(5), larger(all(-5), x));
    Vec y = x * x;
    Vec p = y * 6.7056837e-4f + 1.0241780e-1f;
    p = p * y + 9.9994805e-1f;
    Vec q = y * 1.2819918e-2f + 4.3543261e-1f;
    q = q * y + 1;
    return x * p * (Vec)_mm512_rcp14_ps((__m512)q);
}
#endif
