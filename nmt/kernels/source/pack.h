// Tiles of 16 rows of 64 bytes, made of a matrix in memory.
#if defined(__AVX512BW__)
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

// 16 rows and 32 columns of a matrix, whose rows are `step` apart. Zeros behind `rows` and `columns`.
inline void take_halves(const float* p, long step, long rows, long columns, Words* left, Words* right) {
    uint32_t inside = columns >= SIDE ? 0xffffffff : (1u << columns) - 1;
    for (long i = 0; i < 16; i++) {
        uint32_t here = i < rows ? inside : 0;
        __builtin_prefetch(p + (i + W) * step);
        __builtin_prefetch(p + (i + W) * step + W);
        left[i] = _mm512_maskz_loadu_epi32(here, p + i * step);
        right[i] = _mm512_maskz_loadu_epi32(here >> W, p + i * step + W);
    }
}

// 16 rows and 32 columns of a matrix as two tiles [row][column], the second `apart` bytes after the first.
inline void take_tiles(const float* p, long step, long rows, long columns, char* tiles, long apart) {
    Words halves[2][16];
    take_halves(p, step, rows, columns, halves[0], halves[1]);
    for (long half = 0; half < 2; half++) memcpy(tiles + half * apart, halves[half], TILE);
}

// The same as two tiles [column][row].
inline void take_turned(const float* p, long step, long rows, long columns, char* tiles, long apart) {
    Words halves[2][16];
    take_halves(p, step, rows, columns, halves[0], halves[1]);
    for (long half = 0; half < 2; half++) {
        transpose(halves[half]);
        memcpy(tiles + half * apart, halves[half], TILE);
    }
}

#if defined(__AVX512BF16__)
// Rows 2 i and 2 i + 1 of a matrix, whose rows are `step` apart, side by side as pairs: of 32 columns four of every eight
// in `even`, the others in `odd`. Zeros behind `rows` and `columns`.
inline void pair_rows(const bf16* p, long step, long rows, long columns, Words* even, Words* odd) {
    __mmask32 inside = columns >= SIDE ? 0xffffffff : (1u << columns) - 1;
    for (long i = 0; i < 16; i++) {
        auto row = [&](long r) {
            __builtin_prefetch(p + (r + SIDE) * step);
            return _mm512_maskz_loadu_epi16(r < rows ? inside : 0, p + r * step);
        };
        Words upper = row(2 * i), lower = row(2 * i + 1);
        even[i] = _mm512_unpacklo_epi16(upper, lower);
        odd[i] = _mm512_unpackhi_epi16(upper, lower);
    }
}

// 32 rows and 32 columns of a matrix as two tiles [row / 2][column][row % 2], the second `apart` bytes after the first.
inline void take_tiles(const bf16* p, long step, long rows, long columns, char* tiles, long apart) {
    const Words left = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), right = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    Words even[16], odd[16];
    pair_rows(p, step, rows, columns, even, odd);
    for (long i = 0; i < 16; i++) {
        _mm512_storeu_si512(tiles + i * LINE, _mm512_permutex2var_epi64(even[i], left, odd[i]));
        _mm512_storeu_si512(tiles + apart + i * LINE, _mm512_permutex2var_epi64(even[i], right, odd[i]));
    }
}

// The same as two tiles [column][row].
inline void take_turned(const bf16* p, long step, long rows, long columns, char* tiles, long apart) {
    Words halves[2][16];
    pair_rows(p, step, rows, columns, halves[0], halves[1]);
    for (long half = 0; half < 2; half++) {
        transpose(halves[half]);
        for (long i = 0; i < 16; i++) {
            long column = i / 4 * 8 + half * 4 + i % 4;
            _mm512_storeu_si512(tiles + column / W * apart + column % W * LINE, halves[half][i]);
        }
    }
}
#endif
#endif
