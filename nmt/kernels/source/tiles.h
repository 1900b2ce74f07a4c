// Products of blocks of 32 x 32 in tiles of 16 rows of 64 bytes (AMX): of bfloat16 with sums in float32, of 8-bit
// numbers with sums in 32 bits.
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
#include <sys/syscall.h>
#include <unistd.h>

constexpr long BLOCK = 512, SIDE = 32, LINE = 64, TILE = 16 * LINE;

inline long up_to(long unit, long size) { return (size + unit - 1) / unit * unit; }

// Linux wants to be asked for tiles, once.
extern "C" void ask_for_tiles_bfloat16(int32_t* granted) { *granted = syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

// Eight tiles. A constant, since g++ takes only its first bytes for read.
const struct {
    uint8_t palette = 1, start = 0, unused[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
} SHAPES;

// Tiles one after the other, `next` bytes apart; their lines are `step` bytes apart.
struct Row {
    const char* first;
    long next, step;
};

struct Tiles {
    Tiles() { _tile_loadconfig(&SHAPES); }
    ~Tiles() { _tile_release(); }

    // upper and lower: `count` tiles each; left and right: two columns of packed tiles.
    template <class Sum>
    void multiply(long count, Row upper, Row lower, const char* left, const char* right, Sum (*sums)[SIDE]) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (long k = 0; k < count; k++) {
            _tile_loadd(4, upper.first + k * upper.next, upper.step);
            _tile_loadd(5, lower.first + k * lower.next, lower.step);
            _tile_loadd(6, left + k * TILE, LINE);
            _tile_loadd(7, right + k * TILE, LINE);
            if constexpr (std::is_same_v<Sum, float>) {
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            } else {
                _tile_dpbssd(0, 4, 6);
                _tile_dpbssd(1, 4, 7);
                _tile_dpbssd(2, 5, 6);
                _tile_dpbssd(3, 5, 7);
            }
        }
        _tile_stored(0, &sums[0][0], SIDE * 4);
        _tile_stored(1, &sums[0][16], SIDE * 4);
        _tile_stored(2, &sums[16][0], SIDE * 4);
        _tile_stored(3, &sums[16][16], SIDE * 4);
    }
};

// finish(row, column, width, sums) for the 32 columns of each row of x packed, or for what is left of them, and for the
// share of this thread. x: rows of `bytes` each, a multiple of 64. BLOCK columns at a time: few enough for their weights
// to stay in the cache, enough to write long pieces of rows.
template <class Sum, class Finish>
void multiply_share(long M, long N, long bytes, const char* x, const char* packed, Finish finish) {
    Tiles tiles;
    alignas(64) Sum sums[SIDE][SIDE];
    long share = up_to(SIDE, (N + omp_get_num_threads() - 1) / omp_get_num_threads());
    long begin = omp_get_thread_num() * share, end = std::min(N, begin + share);
    for (long block = begin; block < end; block += BLOCK)
        for (long m = 0; m < M; m += SIDE)
            for (long n = block; n < end && n < block + BLOCK; n += SIDE) {
                const char *row = x + m * bytes, *left = packed + n * bytes;
                Row upper = {row, LINE, bytes}, lower = {row + W * bytes, LINE, bytes};
                tiles.multiply(bytes / LINE, upper, lower, left, left + W * bytes, sums);
                long rows = std::min(SIDE, M - m);
                if (N - n >= SIDE)
                    for (long r = 0; r < rows; r++) finish(m + r, n, SIDE, sums[r]);
                else
                    for (long r = 0; r < rows; r++) finish(m + r, n, N - n, sums[r]);
            }
    _mm_sfence();
}
#endif
