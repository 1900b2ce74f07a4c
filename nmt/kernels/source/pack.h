// Tiles of 16 rows of 64 bytes, made of a matrix in memory. A processor with tiles has AVX-512.
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
typedef __m512i Words;

// Sixteen rows of sixteen words of four bytes become columns.
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

// 64 bytes of each row of a matrix whose rows are `step` bytes apart; zeros behind `rows` and `bytes`.
inline void take_lines(const void* matrix, long step, long rows, long bytes, Words* tile) {
    __mmask64 inside = bytes >= 64 ? -1ull : (1ull << bytes) - 1;
    for (long i = 0; i < 16; i++)
        tile[i] = _mm512_maskz_loadu_epi8(i < rows ? inside : 0, (const char*)matrix + i * step);
}

// Rows 2 i and 2 i + 1 of a matrix, 16 numbers of each, side by side as pairs.
inline void take_pairs(const bf16* p, long step, long rows, long columns, Words* tile) {
    __mmask16 inside = columns >= 16 ? 0xffff : columns <= 0 ? 0 : (1u << columns) - 1;
    for (long i = 0; i < 16; i++) {
        auto row = [&](long r) { return _mm256_maskz_loadu_epi16(r < rows ? inside : 0, p + r * step); };
        __m512i upper = _mm512_cvtepu16_epi32(row(2 * i)), lower = _mm512_cvtepu16_epi32(row(2 * i + 1));
        tile[i] = _mm512_or_si512(upper, _mm512_slli_epi32(lower, 16));
    }
}
#endif
