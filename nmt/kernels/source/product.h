// Products of some rows with one matrix many times, with sums in float32. The matrix is packed before.

// packed: of a matrix (K, N), for each 16 columns n and each 64 bytes of k a tile of words of four bytes
// [k / per word][n][k % per word], with zeros up to whole tiles. The matrix is (N, K) if `transposed`.
extern "C" void NAME(pack)(long K, long N, long transposed, const T* matrix, T* packed) {
    constexpr long UNIT = LINE / sizeof(T);
    long bytes = up_to(UNIT, K) * sizeof(T);
#pragma omp parallel for collapse(2)
    for (long n = 0; n < up_to(SIDE, N); n += SIDE)
        for (long k = 0; k < K; k += UNIT) {
            char* tiles = (char*)packed + n * bytes + k / UNIT * TILE;
            if (!transposed) {
                take_tiles(matrix + k * N + n, N, K - k, N - n, tiles, W * bytes);
                continue;
            }
            for (long half = 0; half < SIDE; half += W) {
                Words tile[16];
                take_lines(matrix + (n + half) * K + k, K * sizeof(T), N - n - half, (K - k) * sizeof(T), tile);
                transpose(tile);
                memcpy(tiles + half * bytes, tile, sizeof tile);
            }
        }
}

// result (M, N) = x (M, K) packed + add; the rows of `add` are `step` apart: N, or 0 for a bias, and null is none.
extern "C" void NAME(product)(long M, long K, long N, long step, const T* x, const T* packed, const T* add, T* result) {
    Filled<T> full(M, K, x);
    bool past = goes_past(M, N, result);
#pragma omp parallel
    {
        auto finish = [=](long m, long n, long width, const float* sums) {
            Line sum = load_line(sums, SIDE);
            if (add) sum += load_line(add + m * step + n, width);
            store_line(result + m * N + n, sum, width, past);
        };
        multiply_share<T>(N, full, (const char*)packed, finish);
    }
}
