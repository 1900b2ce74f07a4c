// Results of 32 numbers side by side.
#if defined(__AVX512BW__)
constexpr long PAST = 4 << 20;  // bytes of a result that no cache keeps

// 32 numbers side by side.
struct Line {
    Vec left, right;
    Line& operator+=(Line more) {
        left += more.left, right += more.right;
        return *this;
    }
};

template <class Number>
inline Line load_line(const Number* p, long width) {
    if (width == SIDE) return {widen(p), widen(p + W)};
    return {load(p, std::min(width, W)), load(p + W, std::max(width - W, 0L))};
}

// Whether a result (M, N) is too large for the cache, and so is written past it, which wants whole lines of it.
template <class Number>
inline bool goes_past(long M, long N, const Number* result) {
    return M * N * (long)sizeof(Number) >= PAST && N % SIDE == 0 && (uintptr_t)result % LINE == 0;
}

inline void store_line(float* p, Line x, long width, bool past) {
    if (past) {
        _mm512_stream_ps(p, (__m512)x.left);
        _mm512_stream_ps(p + W, (__m512)x.right);
    } else {
        store(p, x.left, std::min(width, W));
        if (width > W) store(p + W, x.right, width - W);
    }
}

#if defined(__AVX512BF16__)
inline void store_line(bf16* p, Line x, long width, bool past) {
    auto line = (__m512i)_mm512_cvtne2ps_pbh((__m512)x.right, (__m512)x.left);
    if (past)
        _mm512_stream_si512((__m512i*)p, line);
    else if (width == SIDE)
        _mm512_storeu_si512(p, line);
    else
        memcpy(p, &line, width * sizeof(bf16));
}
#endif
#endif
