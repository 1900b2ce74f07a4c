// Rows of a matrix as whole lines of 64 bytes, in whole blocks of 32.
#if defined(__AVX512BW__)
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
    std::unique_ptr<char[]> room;

    Filled(long M, long K, const Number* x) {
        count = M, bytes = up_to(LINE, K * sizeof(Number));
        long given = K * sizeof(Number), begin = bytes == given ? M / SIDE * SIDE : 0, end = up_to(SIDE, M);
        room.reset(new char[(end - begin) * bytes]);
#pragma omp parallel for
        for (long m = begin; m < end; m++) {
            char* row = room.get() + (m - begin) * bytes;
            memcpy(row, (const char*)x + m * given, m < M ? given : 0);
            memset(row + (m < M ? given : 0), 0, m < M ? bytes - given : bytes);
        }
        first = begin ? (const char*)x : room.get();
        last = room.get() + (M / SIDE * SIDE - begin) * bytes;
    }
};
#endif
