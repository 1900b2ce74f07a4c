// Rows of a matrix as whole lines of 64 bytes, in whole blocks of 32.
#if defined(__AVX512F__)
constexpr long SIDE = 32, LINE = 64;

inline long up_to(long unit, long size) { return (size + unit - 1) / unit * unit; }

struct Rows {
    long count, bytes;
    const char *first, *last;  // last: the block that `count` ends in

    const char* block(long row) const { return row + SIDE <= count ? first + row * bytes : last; }
};

// x (M, K), with zeros in the rest of its last lines and of its last block; a copy of no more than it takes.
template <class Number>
struct Filled : Rows {
    std::vector<Number> room;

    Filled(long M, long K, const Number* x) {
        long deep = up_to(LINE / sizeof(Number), K), begin = K == deep ? M / SIDE * SIDE : 0;
        room.resize((up_to(SIDE, M) - begin) * deep);
        for (long m = begin; m < M; m++) memcpy(&room[(m - begin) * deep], x + m * K, K * sizeof(Number));
        count = M, bytes = deep * sizeof(Number);
        first = (const char*)(begin ? x : room.data());
        last = (const char*)(room.data() + (M / SIDE * SIDE - begin) * deep);
    }
};
#endif
