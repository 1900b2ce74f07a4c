// Tiles of 16 rows of 16 pairs of bfloat16, made of a matrix in memory. A processor with tiles has AVX-512.
#if defined(__AMX_BF16__)
typedef __m512i Words;

// Sixteen rows of sixteen pairs become columns.
inline void transpose(Words* rows) {
    Words step[16];
    for (int i = 0; i < 16; i += 2) {
        step[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        step[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            rows[i + 2 * j] = _mm512_unpacklo_epi64(step[i + j], step[i + j + 2]);
            rows[i + 2 * j + 1] = _mm512_unpackhi_epi64(step[i + j], step[i + j + 2]);
        }
    for (int i = 0; i < 16; i += 8)
        for (int j = 0; j < 4; j++) {
            step[i + j] = _mm512_shuffle_i32x4(rows[i + j], rows[i + j + 4], 0x88);
            step[i + j + 4] = _mm512_shuffle_i32x4(rows[i + j], rows[i + j + 4], 0xdd);
        }
    for (int j = 0; j < 8; j++) {
        rows[j] = _mm512_shuffle_i32x4(step[j], step[j + 8], 0x88);
        rows[j + 8] = _mm512_shuffle_i32x4(step[j], step[j + 8], 0xdd);
    }
}

// A bit for each of the first `count` of `most`.
inline uint32_t first_bits(long count, long most) {
    return count >= most ? uint32_t((1ull << most) - 1) : count <= 0 ? 0 : (1u << count) - 1;
}

// Rows of 32 numbers of a matrix whose rows are `step` apart; zeros behind `rows` and `columns`.
inline void take_lines(const bf16* p, long step, long rows, long columns, Words* tile) {
    for (long i = 0; i < 16; i++)
        tile[i] = _mm512_maskz_loadu_epi16(i < rows ? first_bits(columns, 32) : 0, p + i * step);
}

// Rows 2 i and 2 i + 1 of a matrix, 16 numbers of each, side by side as pairs.
inline void take_pairs(const bf16* p, long step, long rows, long columns, Words* tile) {
    __mmask16 inside = first_bits(columns, 16);
    for (long i = 0; i < 16; i++) {
        auto row = [&](long r) { return _mm256_maskz_loadu_epi16(r < rows ? inside : 0, p + r * step); };
        __m512i upper = _mm512_cvtepu16_epi32(row(2 * i)), lower = _mm512_cvtepu16_epi32(row(2 * i + 1));
        tile[i] = _mm512_or_si512(upper, _mm512_slli_epi32(lower, 16));
    }
}
#endif
