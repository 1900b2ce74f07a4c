// Blocks by vectors: eight rows at a time, whose words of four bytes are each multiplied with two lines of 16 columns.
#if defined(__AVX512BW__)
typedef int32_t Whole __attribute__((vector_size(64)));  // sixteen sums of products of 8-bit numbers

inline Vec add_products(Vec sum, Words x, Words y, float) {
    return (Vec)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)sum);
}
#if defined(__AVX512BF16__)
inline Vec add_products(Vec sum, Words x, Words y, bf16) {
    return (Vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)x, (__m512bh)y);
}
#endif
#if defined(__AVX512VNNI__)
inline Whole add_products(Whole sum, Words x, Words y, int8_t) {
    return (Whole)_mm512_dpbusd_epi32((__m512i)sum, x, y);
}
#endif

template <class Number>
struct Vectors {
    static constexpr long ROWS = 8;
    typedef Sum<Number> Sums __attribute__((vector_size(LINE)));

    // upper and lower: `count` tiles each, of which the first `rows` rows count; left and right: two columns of packed
    // tiles. With `more` the products are added to the sums.
    void multiply(long count, long rows, bool more, Row upper, Row lower, const char* left, const char* right,
                  Sum<Number> (*sums)[SIDE]) {
        for (long row = 0; row < rows; row += ROWS) {
            Row part = row < W ? upper : lower;
            part.first += row % W * part.step;
            multiply_rows(count, more, part, left, right, sums + row);
        }
    }

    void multiply_rows(long count, bool more, Row x, const char* left, const char* right, Sum<Number> (*sums)[SIDE]) {
        Sums sum[ROWS][2] = {};
        if (more) memcpy(sum, sums, sizeof sum);
        for (long k = 0; k < count; k++) {
            for (long row = 0; row < ROWS; row++) __builtin_prefetch(x.first + (k + 4) * x.next + row * x.step);
            for (long word = 0; word < W; word++) {
                Words columns[2] = {_mm512_loadu_si512(left), _mm512_loadu_si512(right)};
                left += LINE, right += LINE;
#pragma GCC unroll 8
                for (long row = 0; row < ROWS; row++) {
                    int32_t value;
                    memcpy(&value, x.first + k * x.next + row * x.step + word * 4, 4);
                    Words values = _mm512_set1_epi32(value);
                    sum[row][0] = add_products(sum[row][0], values, columns[0], Number());
                    sum[row][1] = add_products(sum[row][1], values, columns[1], Number());
                }
            }
        }
        memcpy(sums, sum, sizeof sum);
    }
};
#endif
