// The most probable words of each row of logits. R rows, V vocabulary, C words of each, N words that are never chosen.

// The largest number of each of 32 columns, if the row is written in lines of 32.
inline void NAME(column_tops)(long V, const T* row, float* tops) {
    Vec left = all(-INFINITY), right = left;
    long i = 0;
    for (; i + 2 * W <= V; i += 2 * W) {
        Vec x = widen(row + i), y = widen(row + i + W);
        left = larger(x, left), right = larger(y, right);
    }
    sweep(V - i, [&](long j, long w) {
        Vec x = load(row + i + j, w, -INFINITY);
        left = larger(x, left);
    });
    narrow(tops, left), narrow(tops + W, right);
}

// word: the C words with the highest logits, best first, the first of equal ones first, none of `never`; logprob: their
// logarithms of softmax(logits). Where there are no more words above -infinity: word 0, -infinity.
extern "C" void NAME(best_words)(long R, long V, long C, long N, const T* logits, const int64_t* never, float* logprob,
                                 int64_t* word) {
#pragma omp parallel for
    for (long r = 0; r < R; r++) {
        const T* row = logits + r * V;
        float* value = logprob + r * C;
        int64_t* id = word + r * C;
        for (long c = 0; c < C; c++) value[c] = -INFINITY, id[c] = 0;
        long place = C + N - 1;
        float tops[2 * W];
        NAME(column_tops)(V, row, tops);
        float top = *std::max_element(tops, tops + 2 * W), limit = -INFINITY;
        if (place < 2 * W) {  // the words that reach this top are C at least, even without N of them
            std::nth_element(tops, tops + place, tops + 2 * W, std::greater<float>());
            // A step below it, but no denormal number, which training flushes to 0.
            limit = tops[place] == 0 ? -__FLT_MIN__ : std::nextafter(tops[place], -INFINITY);
        }
        Vec total = all(0);
        sweep(V, [&](long i, long w) {
            Vec x = load(row + i, w, -INFINITY);
            total += exponential<T>(x - top);
            __builtin_prefetch(row + V + i);
            for (uint32_t found = above(x, limit); found; found &= found - 1) {
                long lane = __builtin_ctz(found), c = C - 1;
                if (!(x[lane] > value[c]) || std::find(never, never + N, i + lane) != never + N) continue;
                for (; c > 0 && x[lane] > value[c - 1]; c--) value[c] = value[c - 1], id[c] = id[c - 1];
                value[c] = x[lane], id[c] = i + lane;
                limit = std::max(limit, value[C - 1]);
            }
        });
        float logsum = logf(sum(total));
        for (long c = 0; c < C; c++) value[c] = value[c] - top - logsum;
    }
}
