// Products over the rows of two matrices, with sums and results in float32: what gradients of weights are.

// result (O, I) = dy^T x of dy (R, O) and x (R, I), added to what is there if `add`. packed: room for x in whole tiles.
extern "C" void NAME(product_over_rows)(long R, long O, long I, long add, const T* dy, const T* x, T* packed,
                                        float* result) {
    constexpr long UNIT = LINE / sizeof(T);
    long bytes = up_to(UNIT, R) * sizeof(T), count = bytes / LINE, block = std::max(SIDE, CACHE / bytes / SIDE * SIDE);
    bool past = !add && goes_past(O, I, result);
    long panel = std::min(PANEL, up_to(SIDE, (O + omp_get_max_threads() - 1) / omp_get_max_threads()));
    NAME(pack)(R, I, 0, x, packed);
#pragma omp parallel
    {
        Blocks<T> blocks;
        alignas(64) float sums[SIDE][SIDE];
        std::vector<char> room(panel * bytes + LINE);
        char* turned = (char*)up_to(LINE, (long)room.data());
        for (long begin = 0; begin < I; begin += block)
#pragma omp for schedule(static) nowait
            for (long wide = 0; wide < O; wide += panel) {
                long columns = std::min(panel, O - wide), end = std::min(I, begin + block);
                for (long k = 0; k < count; k++)
                    for (long o = 0; o < columns; o += SIDE) {
                        const T* from = dy + k * UNIT * O + wide + o;
                        take_turned(from, O, R - k * UNIT, columns - o, turned + o * bytes + k * TILE, W * bytes);
                    }
                for (long o = 0; o < columns; o += SIDE)
                    for (long i = begin; i < end; i += SIDE) {
                        Row upper = {turned + o * bytes, TILE, LINE}, lower = {turned + (o + W) * bytes, TILE, LINE};
                        const char *left = (const char*)packed + i * bytes, *right = left + W * bytes;
                        blocks.multiply(count, SIDE, upper, lower, left, right, sums);
                        for (long row = 0; row < std::min(SIDE, columns - o); row++) {
                            Line sum = load_line(sums[row], SIDE);
                            float* out = result + (wide + o + row) * I + i;
                            long width = std::min(SIDE, I - i);
                            if (add) sum += load_line(out, width);
                            store_line(out, sum, width, past);
                        }
                    }
            }
        _mm_sfence();
    }
}
