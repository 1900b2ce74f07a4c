// The most probable words of each row of logits. R rows, V vocabulary, C words of each, N words that are never chosen.

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
        Vec tops = all(-INFINITY), total = all(0);
        sweep(V, [&](long i, long w) {
            Vec x = load(row + i, w, -INFINITY);
            tops = tops > x ? tops : x;
            for (uint32_t found = above(x, value[C - 1]); found; found &= found - 1) {
                long lane = __builtin_ctz(found), place = C - 1;
                if (!(x[lane] > value[place]) || std::find(never, never + N, i + lane) != never + N) continue;
                for (; place > 0 && x[lane] > value[place - 1]; place--)
                    value[place] = value[place - 1], id[place] = id[place - 1];
                value[place] = x[lane], id[place] = i + lane;
            }
        });
        float top = largest(tops);
        sweep(V, [&](long i, long w) { total += exponential(load(row + i, w, -INFINITY) - top); });
        float logsum = logf(sum(total));
        for (long c = 0; c < C; c++) value[c] = value[c] - top - logsum;
    }
}
