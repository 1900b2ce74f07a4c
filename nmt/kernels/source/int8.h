// Products of 8-bit numbers, added up in 32 bits, of bfloat16 that comes in and out.

// packed: of a matrix (N, K), for each 16 rows n and each 64 k a tile [k / 4][n][k % 4], with zeros up to whole tiles.
extern "C" void pack_int8_bfloat16(long K, long N, const int8_t* matrix, int8_t* packed) {
    long deep = up_to(LINE, K);
#pragma omp parallel for collapse(2)
    for (long n = 0; n < up_to(SIDE, N); n += W)
        for (long k = 0; k < deep; k += LINE) {
            Words tile[16];
            take_lines(matrix + n * K + k, K, N - n, K - k, tile);
            transpose(tile);
            memcpy(packed + n * deep + k * W, tile, sizeof tile);
        }
}

// whole (K) = x (K) / step + 128, rounded to the nearest; step, which is returned, makes the largest 127.
inline float to_int8(long K, const bf16* x, uint8_t* whole) {
    Vec most = all(0);
    sweep(K, [&](long k, long w) {
        Vec size = load(x + k, w);
        size = larger(-size, size);
        most = most < size || size != size ? size : most;
    });
    float step = largest(most) / 127, scale = step > 0 ? 1 / step : 0;
    sweep(K, [&](long k, long w) {
        Words numbers = _mm512_cvtps_epi32((__m512)(load(x + k, w) * scale));
        __m128i shifted = _mm512_cvtepi32_epi8(_mm512_add_epi32(numbers, _mm512_set1_epi32(128)));
        memcpy(whole + k, &shifted, w);
    });
    return step;
}

// sums - shift, as float32.
inline Vec less_shift(const int32_t* sums, const int32_t* shift, long width) {
    __mmask16 inside = width >= W ? 0xffff : (1u << std::max(width, 0L)) - 1;
    Words less = _mm512_sub_epi32(_mm512_loadu_si512(sums), _mm512_maskz_loadu_epi32(inside, shift));
    return (Vec)_mm512_cvtepi32_ps(less);
}

// result (M, N) = x (M, K) packed * scale + bias, with x made 8-bit numbers row by row; scale and bias for each of N,
// `shift` is what 128 more in all of x adds to the whole sums.
extern "C" void product_int8_bfloat16(long M, long K, long N, const bf16* x, const int8_t* packed, const int32_t* shift,
                                      const float* scale, const float* bias, bf16* result) {
    long deep = up_to(LINE, K);
    std::vector<uint8_t> whole(up_to(SIDE, M) * deep);
    Rows full = {M, deep, (const char*)whole.data(), (const char*)whole.data() + M / SIDE * SIDE * deep};
    std::vector<float> step(M);
    bool past = goes_past(M, N, result);
#pragma omp parallel
    {
#pragma omp for
        for (long m = 0; m < M; m++) step[m] = to_int8(K, x + m * K, whole.data() + m * deep);
        auto finish = [&](long m, long n, long width, const int32_t* sums) {
            Line factor = load_line(scale + n, width), more = load_line(bias + n, width);
            Vec left = less_shift(sums, shift + n, width), right = less_shift(sums + W, shift + n + W, width - W);
            Line sum = {left * step[m] * factor.left + more.left, right * step[m] * factor.right + more.right};
            store_line(result + m * N + n, sum, width, past);
        };
        multiply_share<int8_t>(N, full, (const char*)packed, finish);
    }
}
