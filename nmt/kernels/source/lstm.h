// The element-wise part of an LSTM's step and of its way back. Rows are contiguous; gates in the order input, forget,
// output, cell. See nmt/nn/lstm_tape.py for the equations.

// recurrent = U h; active: the gates after sigmoid and tanh; squashed = tanh(c').
extern "C" void NAME(lstm)(long rows, long dim, const T* gates, const T* recurrent, const T* c, T* active, T* squashed,
                           T* next_c, T* next_h) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        const T *g = gates + b * 4 * dim, *u = recurrent + b * 4 * dim;
        T* a = active + b * 4 * dim;
        sweep(dim, [&](long i, long w) {
            auto sum = [&](long gate) { return load(g + gate * dim + i, w) + load(u + gate * dim + i, w); };
            Vec in = sigmoid<T>(sum(0)), forget = sigmoid<T>(sum(1)), out = sigmoid<T>(sum(2)), cell = hyperbolic<T>(sum(3));
            Vec state = forget * load(c + b * dim + i, w) + in * cell, small = hyperbolic<T>(state);
            store(a + i, in, w), store(a + dim + i, forget, w);
            store(a + 2 * dim + i, out, w), store(a + 3 * dim + i, cell, w);
            store(squashed + b * dim + i, small, w);
            store(next_c + b * dim + i, state, w);
            store(next_h + b * dim + i, out * small, w);
        });
    }
}

// dh, the gradient of the new h, arrives in two parts, and so does that of the new c; dstate_c may be null. In dc the
// gradient of the old c takes its place.
extern "C" void NAME(lstm_back)(long rows, long dim, const T* dh, const T* dstate_h, const T* dstate_c, const T* c,
                                const T* active, const T* squashed, T* dgates, T* dc) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        const T* a = active + b * 4 * dim;
        T* d = dgates + b * 4 * dim;
        sweep(dim, [&](long i, long w) {
            long at = b * dim + i;
            Vec in = load(a + i, w), forget = load(a + dim + i, w);
            Vec out = load(a + 2 * dim + i, w), cell = load(a + 3 * dim + i, w), small = load(squashed + at, w);
            Vec dout = load(dh + at, w) + load(dstate_h + at, w);
            Vec dnew = load(dc + at, w) + dout * out * (1 - small * small);
            if (dstate_c) dnew += load(dstate_c + at, w);
            store(d + i, dnew * cell * in * (1 - in), w);
            store(d + dim + i, dnew * load(c + at, w) * forget * (1 - forget), w);
            store(d + 2 * dim + i, dout * small * out * (1 - out), w);
            store(d + 3 * dim + i, dnew * in * (1 - cell * cell), w);
            store(dc + at, dnew * forget, w);
        });
    }
}
