// Products over the rows of two matrices, in bfloat16 with sums and results in float32: what gradients of weights are.
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
constexpr long PANEL = 256;      // columns of dy that are turned at a time, fewer for many threads
constexpr long CACHE = 5 << 18;  // bytes of packed x that stay in the second cache

// A line of 32 sums; written past the cache if `past`.
inline void store_sums(float* out, long width, const float* sums, bool add, bool past) {
    if (past) {
        _mm512_stream_ps(out, _mm512_load_ps(sums));
        _mm512_stream_ps(out + W, _mm512_load_ps(sums + W));
        return;
    }
    sweep(width, [&](long i, long w) {
        Vec sum = load(sums + i, w);
        store(out + i, add ? load(out + i, w) + sum : sum, w);
    });
}

// result (O, I) = dy^T x of dy (R, O) and x (R, I), added to what is there if `add`. packed: room for x in whole tiles.
extern "C" void product_over_rows_bfloat16(long R, long O, long I, long add, const bf16* dy, const bf16* x,
                                           bf16* packed, float* result) {
    long bytes = up_to(SIDE, R) * 2, count = bytes / LINE, block = std::max(SIDE, CACHE / bytes / SIDE * SIDE);
    bool past = !add && I % SIDE == 0 && (uintptr_t)result % LINE == 0 && O * I * (long)sizeof(float) >= PAST;
    long panel = std::min(PANEL, up_to(SIDE, (O + omp_get_max_threads() - 1) / omp_get_max_threads()));
    pack_bfloat16(R, I, 0, x, packed);
#pragma omp parallel
    {
        Tiles tiles;
        alignas(64) float sums[SIDE][SIDE];
        std::vector<char> room(panel * bytes + LINE);
        char* turned = (char*)up_to(LINE, (long)room.data());
        for (long begin = 0; begin < I; begin += block)
#pragma omp for schedule(static) nowait
            for (long wide = 0; wide < O; wide += panel) {
                long columns = std::min(panel, O - wide), end = std::min(I, begin + block);
                for (long k = 0; k < count; k++)
                    for (long o = 0; o < columns; o += SIDE) {
                        const bf16* from = dy + k * SIDE * O + wide + o;
                        take_columns(from, O, R - k * SIDE, columns - o, turned + o * bytes + k * TILE, W * bytes);
                    }
                for (long o = 0; o < columns; o += SIDE)
                    for (long i = begin; i < end; i += SIDE) {
                        Row upper = {turned + o * bytes, TILE, LINE}, lower = {turned + (o + W) * bytes, TILE, LINE};
                        const char *left = (const char*)packed + i * bytes, *right = left + W * bytes;
                        tiles.multiply(count, upper, lower, left, right, sums);
                        for (long row = 0; row < std::min(SIDE, columns - o); row++)
                            store_sums(result + (wide + o + row) * I + i, std::min(SIDE, I - i), sums[row], add, past);
                    }
            }
        _mm_sfence();
    }
}
#endif
