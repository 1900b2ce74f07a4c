// One attention a sentence: softmax and context (`attend`), and the scores of a hidden layer (`additive`).
// B sentences, M queries of each, S source positions, A hidden width, P values. Weights and scores are float32.
// A position whose penalty is below LOWEST is padding: its weight is 0 and nothing of it is read.

// weights = softmax(scores + penalty); context = weights values. sums: room for B P.
extern "C" void NAME(attend)(long B, long S, long P, const float* scores, const float* penalty, const T* values,
                             float* weights, float* sums, T* context) {
#pragma omp parallel for
    for (long b = 0; b < B; b++) {
        const float *score = scores + b * S, *extra = penalty + b * S;
        float *weight = weights + b * S, *row = sums + b * P, top = -__FLT_MAX__, total = 0;
        for (long s = 0; s < S; s++)
            if (extra[s] > LOWEST && !(score[s] <= top)) top = score[s];
        for (long s = 0; s < S; s++) weight[s] = extra[s] > LOWEST ? score[s] - top : LOWEST;
        sweep(S, [&](long s, long w) {
            Vec x = load(weight + s, w);
            store(weight + s, x > LOWEST || x != x ? exponential<T>(x) : all(0), w);
        });
        for (long s = 0; s < S; s++) total += weight[s];
        for (long s = 0; s < S; s++) weight[s] /= total;
        memset(row, 0, P * sizeof(float));
        by_four(S, weight, [&](const long* s) {
            const T* value = values + b * S * P;
            sweep(P, [&](long p, long w) {
                Vec total = load(row + p, w);
                for (long i = 0; i < 4 && s[i] >= 0; i++) total += weight[s[i]] * load(value + s[i] * P + p, w);
                store(row + p, total, w);
            });
        });
        sweep(P, [&](long p, long w) { store(context + b * P + p, load(row + p, w), w); });
    }
}

// dscores from the gradients of context and weights.
extern "C" void NAME(attend_back)(long B, long S, long P, const T* dcontext, const float* dweights,
                                  const float* weights, const T* values, float* dscores) {
#pragma omp parallel for
    for (long b = 0; b < B; b++) {
        const float* weight = weights + b * S;
        float *dscore = dscores + b * S, inner = 0;
        by_four(S, weight, [&](const long* s) {
            const T *value = values + b * S * P, *d = dcontext + b * P;
            Vec dots[4] = {};
            sweep(P, [&](long p, long w) {
                Vec factor = load(d + p, w);
                for (long i = 0; i < 4 && s[i] >= 0; i++) dots[i] += load(value + s[i] * P + p, w) * factor;
            });
            for (long i = 0; i < 4 && s[i] >= 0; i++) {
                dscore[s[i]] = dweights[b * S + s[i]] + sum(dots[i]);
                inner += weight[s[i]] * dscore[s[i]];
            }
        });
        for (long s = 0; s < S; s++) dscore[s] = weight[s] == 0 ? 0 : weight[s] * (dscore[s] - inner);
    }
}

// v^T tanh(query + key) of some queries, A apart, and one key; their scores are `step` apart.
template <long QUERIES>
inline void NAME(additive_scores)(long A, const T* key, const T* query, const T* v, long step, float* scores) {
    Vec dots[QUERIES] = {};
    sweep(A, [&](long a, long w) {
        Vec k = load(key + a, w), factor = load(v + a, w);
        for (long i = 0; i < QUERIES; i++) dots[i] += factor * hyperbolic<T>(k + load(query + i * A + a, w));
    });
    for (long i = 0; i < QUERIES; i++) scores[i * step] = sum(dots[i]);
}

// scores = v^T tanh(query + key); without a penalty there is no padding.
extern "C" void NAME(additive)(long B, long M, long S, long A, const T* keys, const T* query, const T* v,
                               const float* penalty, float* scores) {
#pragma omp parallel for collapse(2)
    for (long b = 0; b < B; b++)
        for (long s = 0; s < S; s++) {
            const T *key = keys + (b * S + s) * A, *q = query + b * M * A;
            float* score = scores + b * M * S + s;
            bool padding = penalty && penalty[b * S + s] < LOWEST;
            long m = 0;
            if (padding)
                for (; m < M; m++) score[m * S] = 0;
            for (; m + 4 <= M; m += 4) NAME(additive_scores)<4>(A, key, q + m * A, v, S, score + m * S);
            for (; m < M; m++) NAME(additive_scores)<1>(A, key, q + m * A, v, S, score + m * S);
        }
}

// dkeys and dv (B, A), float32, are added to; dquery too is float32, and written.
extern "C" void NAME(additive_back)(long B, long M, long S, long A, const T* keys, const T* query, const T* v,
                                    const float* dscores, float* dkeys, float* dquery, float* dv) {
#pragma omp parallel for
    for (long b = 0; b < B; b++) {
        memset(dquery + b * M * A, 0, M * A * sizeof(float));
        for (long s = 0; s < S; s++) {
            const T* key = keys + (b * S + s) * A;
            float* dkey = dkeys + (b * S + s) * A;
            for (long m = 0; m < M; m++) {
                float dscore = dscores[(b * M + m) * S + s];
                if (dscore == 0) continue;
                const T* q = query + (b * M + m) * A;
                float* dq = dquery + (b * M + m) * A;
                sweep(A, [&](long a, long w) {
                    Vec hidden = hyperbolic<T>(load(key + a, w) + load(q + a, w));
                    Vec slope = dscore * load(v + a, w) * (1 - hidden * hidden);
                    store(dkey + a, load(dkey + a, w) + slope, w);
                    store(dq + a, load(dq + a, w) + slope, w);
                    store(dv + b * A + a, load(dv + b * A + a, w) + dscore * hidden, w);
                });
            }
        }
    }
}
