// Cross-entropy of each row of logits, and its gradient in their place. R rows, V vocabulary.

// p = softmax(logits + bias); nll = -log p(target), NaN for a target that is no word; mean: that of log p over the
// vocabulary. With `back` the logits become their gradient, p - smoothing / V - (1 - smoothing) [word = target], and
// dbias, float32, gets the sum of its rows added.
extern "C" void NAME(vocabulary)(long R, long V, long back, float smoothing, const int64_t* target, const T* bias,
                                 T* logits, float* nll, float* mean, float* dbias) {
#pragma omp parallel
    {
        std::vector<float> masses(V), columns(V);
#pragma omp for schedule(static)
        for (long r = 0; r < R; r++) {
            if (target[r] < 0 || target[r] >= V) {
                nll[r] = mean[r] = NAN;
                continue;
            }
            T* row = logits + r * V;
            Vec tops = all(LOWEST), plain = all(0), total = all(0);
            sweep(V, [&](long i, long w) {
                Vec x = load(row + i, w) + load(bias + i, w);
                plain += x;
                store(&masses[i], x, w);
                x = load(&masses[i], w, LOWEST);
                tops = larger(tops, x);
            });
            float top = largest(tops), wanted = masses[target[r]];
            sweep(V, [&](long i, long w) {
                Vec mass = exponential<T>(load(&masses[i], w, LOWEST) - top);
                total += mass;
                store(&masses[i], mass, w);
            });
            float logsum = top + logf(sum(total)), scale = 1 / sum(total);
            nll[r] = logsum - wanted;
            mean[r] = sum(plain) / V - logsum;
            if (!back) continue;
            masses[target[r]] -= (1 - smoothing) / scale;
            sweep(V, [&](long i, long w) {
                Vec gradient = load(&masses[i], w) * scale - smoothing / V;
                store(row + i, gradient, w);
                store(&columns[i], load(&columns[i], w) + gradient, w);
            });
        }
        if (back) {
#pragma omp for ordered schedule(static, 1)
            for (int thread = 0; thread < omp_get_num_threads(); thread++) {
#pragma omp ordered
                sweep(V, [&](long i, long w) { store(dbias + i, load(dbias + i, w) + load(&columns[i], w), w); });
            }
        }
    }
}
