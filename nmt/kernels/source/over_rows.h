// Products over the rows of two matrices, with sums and results in float32: what gradients of weights are.

// result (O, I) = dy^T x of dy (R, O) and x (R, I), added to what is there if `add`. packed: room for x in whole tiles.
// The turned columns of dy stay in the second cache for all of x.
extern "C" void NAME(product_over_rows)(long R, long O, long I, long add, const T* dy, const T* x, T* packed,
                                        float* result) {
    constexpr long UNIT = LINE / sizeof(T);
    for (long first = 0; first < R; first += MOST / sizeof(T)) {
        long rows = std::min(R - first, MOST / (long)sizeof(T)), bytes = up_to(UNIT, rows) * sizeof(T);
        long share = (O + omp_get_max_threads() - 1) / omp_get_max_threads();
        long panel = std::max(SIDE, std::min(HELD / bytes / SIDE * SIDE, up_to(SIDE, share)));
        bool more = add || first, past = !more && goes_past(O, I, result);
        NAME(pack)(rows, I, 0, x + first * I, packed);
#pragma omp parallel
        {
            Blocks<T> blocks;
            alignas(64) float sums[SIDE][SIDE];
            std::vector<char> room(panel * bytes + LINE);
            char* turned = (char*)up_to(LINE, (long)room.data());
#pragma omp for schedule(static)
            for (long wide = 0; wide < O; wide += panel) {
                long columns = std::min(panel, O - wide);
                for (long r = 0; r < rows; r += UNIT)
                    for (long o = 0; o < columns; o += SIDE)
                        take_turned(dy + (first + r) * O + wide + o, O, rows - r, columns - o,
                                    turned + o * bytes + r / UNIT * TILE, W * bytes);
                for (long i = 0; i < I; i += SIDE)
                    for (long o = 0; o < columns; o += SIDE) {
                        Row upper = {turned + o * bytes, TILE, LINE}, lower = {turned + (o + W) * bytes, TILE, LINE};
                        const char *left = (const char*)packed + i * bytes, *right = left + W * bytes;
                        blocks.multiply(bytes / LINE, SIDE, false, upper, lower, left, right, sums);
                        for (long row = 0; row < std::min(SIDE, columns - o); row++) {
                            Line sum = load_line(sums[row], SIDE);
                            float* out = result + (wide + o + row) * I + i;
                            long width = std::min(SIDE, I - i);
                            if (more) sum += load_line(out, width);
                            store_line(out, sum, width, past);
                        }
                    }
            }
            _mm_sfence();
        }
    }
}
