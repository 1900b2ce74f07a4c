// Products of some rows with one matrix many times, in bfloat16 with sums in float32. The matrix is packed before.
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
constexpr long PAST = 4 << 20;  // bytes of a result that no cache keeps

// packed: for each 16 columns n and each 32 k a tile [k / 2][n][k % 2], with zeros up to whole tiles. The matrix is
// (K, N), or (N, K) if `transposed`.
extern "C" void pack_bfloat16(long K, long N, long transposed, const bf16* matrix, bf16* packed) {
    long deep = up_to(SIDE, K);
#pragma omp parallel for collapse(2)
    for (long n = 0; n < up_to(SIDE, N); n += SIDE)
        for (long k = 0; k < deep; k += SIDE) {
            char* tiles = (char*)(packed + n * deep + k * W);
            if (!transposed) {
                take_pairs(matrix + k * N + n, N, K - k, N - n, tiles, deep * LINE / 2);
                continue;
            }
            for (long half = 0; half < SIDE; half += W) {
                Words tile[16];
                take_lines(matrix + (n + half) * K + k, K * 2, N - n - half, (K - k) * 2, tile);
                transpose(tile);
                memcpy(tiles + half * deep * 2, tile, sizeof tile);
            }
        }
}

// x (M, K) with zeros up to whole tiles; itself where it has them.
inline const bf16* filled(long M, long K, const bf16* x, std::vector<bf16>& room) {
    long deep = up_to(SIDE, K);
    if (M == up_to(SIDE, M) && K == deep) return x;
    room.resize(up_to(SIDE, M) * deep);
    for (long m = 0; m < M; m++) memcpy(&room[m * deep], x + m * K, K * sizeof(bf16));
    return room.data();
}

// 32 numbers side by side.
struct Line {
    Vec left, right;
};

template <class Number>
inline Line load_line(const Number* p, long width) {
    if (width == SIDE) return {widen(p), widen(p + W)};
    return {load(p, std::min(width, W)), load(p + W, std::max(width - W, 0L))};
}

// Whether a result (M, N) is too large for the cache, and so is written past it, which wants whole lines of it.
inline bool goes_past(long M, long N, const bf16* result) {
    return M * N * sizeof(bf16) >= PAST && N % SIDE == 0 && (uintptr_t)result % LINE == 0;
}

inline void store_line(bf16* p, Line x, long width, bool past) {
    auto line = (__m512i)_mm512_cvtne2ps_pbh((__m512)x.right, (__m512)x.left);
    if (past)
        _mm512_stream_si512((__m512i*)p, line);
    else if (width == SIDE)
        _mm512_storeu_si512(p, line);
    else
        memcpy(p, &line, width * sizeof(bf16));
}

// result (M, N) = x (M, K) packed + add; the rows of `add` are `step` apart: N, or 0 for a bias, and null is none.
extern "C" void product_bfloat16(long M, long K, long N, long step, const bf16* x, const bf16* packed, const bf16* add,
                                 bf16* result) {
    std::vector<bf16> room;
    const char* full = (const char*)filled(M, K, x, room);
    bool past = goes_past(M, N, result);
#pragma omp parallel
    {
        auto finish = [=](long m, long n, long width, const float* sums) {
            Line sum = load_line(sums, SIDE);
            if (add) {
                Line more = load_line(add + m * step + n, width);
                sum.left += more.left, sum.right += more.right;
            }
            store_line(result + m * N + n, sum, width, past);
        };
        multiply_share<float>(M, N, up_to(SIDE, K) * 2, full, (const char*)packed, finish);
    }
}

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

// whole (K) = x (K) / step, rounded to the nearest; step, which is returned, makes the largest 127.
inline float to_int8(long K, const bf16* x, int8_t* whole) {
    Vec most = all(0);
    sweep(K, [&](long k, long w) {
        Vec size = load(x + k, w);
        size = larger(-size, size);
        most = most < size || size != size ? size : most;
    });
    float step = largest(most) / 127, scale = step > 0 ? 1 / step : 0;
    sweep(K, [&](long k, long w) {
        __m128i numbers = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32((__m512)(load(x + k, w) * scale)));
        memcpy(whole + k, &numbers, w);
    });
    return step;
}

// result (M, N) = x (M, K) packed * scale + bias, with x made 8-bit numbers row by row; scale and bias for each of N.
extern "C" void product_int8_bfloat16(long M, long K, long N, const bf16* x, const int8_t* packed, const float* scale,
                                      const float* bias, bf16* result) {
    long deep = up_to(LINE, K);
    std::vector<int8_t> whole(up_to(SIDE, M) * deep);
    std::vector<float> step(M);
    bool past = goes_past(M, N, result);
#pragma omp parallel
    {
#pragma omp for
        for (long m = 0; m < M; m++) step[m] = to_int8(K, x + m * K, &whole[m * deep]);
        auto finish = [&](long m, long n, long width, const int32_t* sums) {
            Line factor = load_line(scale + n, width), more = load_line(bias + n, width);
            Vec left = (Vec)_mm512_cvtepi32_ps(_mm512_loadu_si512(sums));
            Vec right = (Vec)_mm512_cvtepi32_ps(_mm512_loadu_si512(sums + W));
            Line sum = {left * step[m] * factor.left + more.left, right * step[m] * factor.right + more.right};
            store_line(result + m * N + n, sum, width, past);
        };
        multiply_share<int32_t>(M, N, deep, (const char*)whole.data(), (const char*)packed, finish);
    }
}
#endif
