// Contexts of several queries of each sentence. B sentences, M queries of each, S source positions, P values.

// Of some queries, VECTORS times sixteen columns, or the first `width` of sixteen.
template <long QUERIES, long VECTORS>
inline void NAME(mix)(long S, long P, const float* weights, const T* values, T* context, long width = W) {
    Vec sums[QUERIES][VECTORS] = {};
    for (long s = 0; s < S; s++) {
        Vec value[VECTORS];
        for (long i = 0; i < VECTORS; i++) value[i] = load(values + s * P + i * W, width);
        if (width == W) __builtin_prefetch(values + s * P + 2 * VECTORS * W);
        for (long m = 0; m < QUERIES; m++)
            for (long i = 0; i < VECTORS; i++) sums[m][i] += weights[m * S + s] * value[i];
    }
    for (long m = 0; m < QUERIES; m++)
        for (long i = 0; i < VECTORS; i++) store(context + m * P + i * W, sums[m][i], width);
}

template <long QUERIES>
inline void NAME(mix_rows)(long S, long P, const float* weights, const T* values, T* context) {
    long p = 0;
    for (; p + 4 * W <= P; p += 4 * W) NAME(mix)<QUERIES, 4>(S, P, weights, values + p, context + p);
    for (; p < P; p += W) NAME(mix)<QUERIES, 1>(S, P, weights, values + p, context + p, std::min(W, P - p));
}

// context = weights values, which are read once for each five queries.
extern "C" void NAME(contexts)(long B, long M, long S, long P, const float* weights, const T* values, T* context) {
#pragma omp parallel for
    for (long b = 0; b < B; b++) {
        const float* weight = weights + b * M * S;
        const T* value = values + b * S * P;
        T* out = context + b * M * P;
        long m = 0;
        for (; m + 5 <= M; m += 5) NAME(mix_rows)<5>(S, P, weight + m * S, value, out + m * P);
        switch (M - m) {
            case 4: NAME(mix_rows)<4>(S, P, weight + m * S, value, out + m * P); break;
            case 3: NAME(mix_rows)<3>(S, P, weight + m * S, value, out + m * P); break;
            case 2: NAME(mix_rows)<2>(S, P, weight + m * S, value, out + m * P); break;
            case 1: NAME(mix_rows)<1>(S, P, weight + m * S, value, out + m * P);
        }
    }
}
