// Products of some rows with one matrix many times, in bfloat16 with sums in float32, where the processor multiplies in
// tiles (AMX). The matrix is packed before.
#if defined(__AMX_BF16__)
#include <sys/syscall.h>
#include <unistd.h>

constexpr long BLOCK = 512, SIDE = 32, PAIRS = 16, TILE = PAIRS * W * 2;

// Linux wants to be asked for tiles, once.
extern "C" void ask_for_tiles_bfloat16(int32_t* granted) { *granted = syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

inline long whole(long size) { return (size + SIDE - 1) / SIDE * SIDE; }

// packed: for each 16 columns n and each 32 k a tile [k / 2][n][k % 2], with zeros up to whole tiles. The matrix is
// (K, N), or (N, K) if `transposed`.
extern "C" void pack_bfloat16(long K, long N, long transposed, const bf16* matrix, bf16* packed) {
    long deep = whole(K) / SIDE;
#pragma omp parallel for collapse(2)
    for (long n = 0; n < whole(N); n += W)
        for (long k = 0; k < whole(K); k += SIDE) {
            Words tile[PAIRS];
            if (transposed) {
                take_lines(matrix + n * K + k, K, N - n, K - k, tile);
                transpose(tile);
            } else {
                take_pairs(matrix + k * N + n, N, K - k, N - n, tile);
            }
            memcpy(packed + (n / W * deep + k / SIDE) * TILE, tile, sizeof tile);
        }
}

// Eight tiles of 16 rows of 64 bytes. A constant, since g++ takes only its first bytes for read.
const struct {
    uint8_t palette = 1, start = 0, unused[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
} SHAPES;

struct Tiles {
    Tiles() { _tile_loadconfig(&SHAPES); }
    ~Tiles() { _tile_release(); }
    // sums = x (32, K) times two columns of tiles.
    void multiply(long K, const bf16* x, const bf16* left, const bf16* right, float (*sums)[SIDE]) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (long k = 0; k < K / SIDE; k++) {
            _tile_loadd(4, x + k * SIDE, K * 2);
            _tile_loadd(5, x + 16 * K + k * SIDE, K * 2);
            _tile_loadd(6, left + k * TILE, 64);
            _tile_loadd(7, right + k * TILE, 64);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
        _tile_stored(0, &sums[0][0], SIDE * 4);
        _tile_stored(1, &sums[0][16], SIDE * 4);
        _tile_stored(2, &sums[16][0], SIDE * 4);
        _tile_stored(3, &sums[16][16], SIDE * 4);
    }
};

// x (M, K) with zeros up to whole tiles; itself where it has them.
inline const bf16* filled(long M, long K, const bf16* x, std::vector<bf16>& room) {
    if (M == whole(M) && K == whole(K)) return x;
    room.resize(whole(M) * whole(K));
    for (long m = 0; m < M; m++) memcpy(&room[m * whole(K)], x + m * K, K * sizeof(bf16));
    return room.data();
}

// result (M, N) = x (M, K) packed + add; the rows of `add` are `step` apart: N, or 0 for a bias, and null is none.
// BLOCK columns at a time: few enough for their weights to stay in the cache, enough to write long pieces of rows.
extern "C" void product_bfloat16(long M, long K, long N, long step, const bf16* x, const bf16* packed, const bf16* add,
                                 bf16* result) {
    std::vector<bf16> room;
    const bf16* full = filled(M, K, x, room);
    long deep = whole(K);
#pragma omp parallel
    {
        Tiles tiles;
        alignas(64) float sums[SIDE][SIDE];
        long share = whole((N + omp_get_num_threads() - 1) / omp_get_num_threads());
        long begin = omp_get_thread_num() * share, end = std::min(N, begin + share);
        for (long block = begin; block < end; block += BLOCK)
            for (long m = 0; m < M; m += SIDE)
                for (long n = block; n < end && n < block + BLOCK; n += SIDE) {
                    tiles.multiply(deep, full + m * deep, packed + n * deep, packed + (n + W) * deep, sums);
                    for (long row = 0; row < SIDE && m + row < M; row++)
                        sweep(N - n < SIDE ? N - n : SIDE, [&](long i, long w) {
                            Vec sum = load(&sums[row][i], w);
                            if (add) sum += load(add + (m + row) * step + n + i, w);
                            store(result + (m + row) * N + n + i, sum, w);
                        });
                }
    }
}
#endif
