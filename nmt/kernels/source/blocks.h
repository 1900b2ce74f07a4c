// Products of blocks of 32 x 32, of lines of 64 bytes: of bfloat16 and float32 with sums in float32, of 8-bit numbers
// (x of 0 to 255) with sums in 32 bits. By tiles (AMX) where the processor has them, else by vectors of AVX-512.
#if defined(__AVX512BW__)
typedef __m512i Words;

constexpr long TILE = 16 * LINE;

template <class Number>
using Sum = std::conditional_t<std::is_same_v<Number, int8_t>, int32_t, float>;

// Tiles of 16 rows of 64 bytes, one after the other, `next` bytes apart; their rows are `step` bytes apart.
struct Row {
    const char* first;
    long next, step;
};

#include "blocks_by_vectors.h"
#include "blocks_by_tiles.h"

#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
template <class Number>
using Blocks = std::conditional_t<std::is_same_v<Number, float>, Vectors<float>, Tiles<Number>>;
#else
template <class Number>
using Blocks = Vectors<Number>;
#endif

// Bytes of a row that are multiplied at a time, and bytes of one side that stay in the second cache.
constexpr long DEPTH = 4096, HELD = 1 << 19;

// Of products over rows: bytes of a column that are multiplied at a time.
constexpr long MOST = 8192;

// finish(row, column, width, sums) for the 32 columns of each row of x packed, or for what is left of them, and for the
// share of this thread.
template <class Number, class Finish>
void multiply_share(long N, const Rows& x, const char* packed, Finish finish) {
    Blocks<Number> blocks;
    typedef Sum<Number> Sums[SIDE][SIDE];
    long share = up_to(SIDE, (N + omp_get_num_threads() - 1) / omp_get_num_threads());
    long begin = omp_get_thread_num() * share, end = std::min(N, begin + share);
    bool deep = x.bytes > DEPTH;
    long wide = std::max(SIDE, HELD / std::min(x.bytes, DEPTH) / SIDE * SIDE);
    std::vector<char> room(LINE + (deep ? up_to(SIDE, x.count) / SIDE * wide / SIDE : 1) * sizeof(Sums));
    auto all = (Sums*)up_to(LINE, (long)room.data());
    for (long block = begin; block < end; block += wide)
        for (long depth = 0; depth < x.bytes; depth += DEPTH) {
            long bytes = std::min(DEPTH, x.bytes - depth);
            Sums* sums = all;
            for (long m = 0; m < x.count; m += SIDE)
                for (long n = block; n < end && n < block + wide; n += SIDE, sums += deep) {
                    const char *row = x.block(m) + depth, *left = packed + n * x.bytes + depth * W;
                    Row upper = {row, LINE, x.bytes}, lower = {row + W * x.bytes, LINE, x.bytes};
                    long rows = std::min(SIDE, x.count - m);
                    blocks.multiply(bytes / LINE, rows, depth > 0, upper, lower, left, left + W * x.bytes, *sums);
                    if (depth + bytes < x.bytes) continue;
                    if (N - n >= SIDE)
                        for (long r = 0; r < rows; r++) finish(m + r, n, SIDE, (*sums)[r]);
                    else
                        for (long r = 0; r < rows; r++) finish(m + r, n, N - n, (*sums)[r]);
                }
        }
    _mm_sfence();
}
#endif
