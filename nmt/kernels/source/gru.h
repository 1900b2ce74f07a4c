// The element-wise part of a GRU's step and of its way back. Rows are contiguous; gates in the order reset, update,
// candidate. See nmt/nn/gru_tape.py for the equations.

// recurrent = U h + b'; after: the reset gate acts on its last third.
extern "C" void NAME(gru_after)(long rows, long dim, const T* gates, const T* recurrent, const T* h, T* rz,
                                T* candidate, T* next) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        const T *g = gates + b * 3 * dim, *u = recurrent + b * 3 * dim;
        sweep(dim, [&](long i, long w) {
            Vec r = sigmoid<T>(load(g + i, w) + load(u + i, w));
            Vec z = sigmoid<T>(load(g + dim + i, w) + load(u + dim + i, w));
            Vec n = hyperbolic<T>(load(g + 2 * dim + i, w) + r * load(u + 2 * dim + i, w));
            store(rz + b * 2 * dim + i, r, w);
            store(rz + b * 2 * dim + dim + i, z, w);
            store(candidate + b * dim + i, n, w);
            store(next + b * dim + i, n + z * (load(h + b * dim + i, w) - n), w);
        });
    }
}

// dh, the gradient of the new state, arrives in two parts; kept = dh z. In `recurrent` its gradient takes its place.
extern "C" void NAME(gru_after_back)(long rows, long dim, const T* dh, const T* dstate, const T* h, const T* rz,
                                     const T* candidate, T* recurrent, T* dgates, T* kept) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        T *dg = dgates + b * 3 * dim, *u = recurrent + b * 3 * dim;
        sweep(dim, [&](long i, long w) {
            Vec d = load(dh + b * dim + i, w) + load(dstate + b * dim + i, w);
            Vec r = load(rz + b * 2 * dim + i, w), z = load(rz + b * 2 * dim + dim + i, w);
            Vec n = load(candidate + b * dim + i, w);
            Vec dnew = (d - d * z) * (1 - n * n);
            Vec dreset = dnew * load(u + 2 * dim + i, w) * r * (1 - r);
            Vec dupdate = d * (load(h + b * dim + i, w) - n) * z * (1 - z);
            store(dg + i, dreset, w), store(dg + dim + i, dupdate, w), store(dg + 2 * dim + i, dnew, w);
            store(u + i, dreset, w), store(u + dim + i, dupdate, w), store(u + 2 * dim + i, dnew * r, w);
            store(kept + b * dim + i, d * z, w);
        });
    }
}

// recurrent = U_rz h + b_rz (2H); inner = r h.
extern "C" void NAME(gru_before_gates)(long rows, long dim, const T* gates, const T* recurrent, const T* h, T* rz,
                                       T* inner) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        const T *g = gates + b * 3 * dim, *u = recurrent + b * 2 * dim;
        sweep(dim, [&](long i, long w) {
            Vec r = sigmoid<T>(load(g + i, w) + load(u + i, w));
            store(rz + b * 2 * dim + i, r, w);
            store(rz + b * 2 * dim + dim + i, sigmoid<T>(load(g + dim + i, w) + load(u + dim + i, w)), w);
            store(inner + b * dim + i, r * load(h + b * dim + i, w), w);
        });
    }
}

// recurrent = U_n (r h) + b_n (H).
extern "C" void NAME(gru_before_state)(long rows, long dim, const T* gates, const T* recurrent, const T* h, const T* rz,
                                       T* candidate, T* next) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        sweep(dim, [&](long i, long w) {
            Vec n = hyperbolic<T>(load(gates + b * 3 * dim + 2 * dim + i, w) + load(recurrent + b * dim + i, w));
            store(candidate + b * dim + i, n, w);
            Vec z = load(rz + b * 2 * dim + dim + i, w);
            store(next + b * dim + i, n + z * (load(h + b * dim + i, w) - n), w);
        });
    }
}

// The gradients of the candidate and the update gate.
extern "C" void NAME(gru_before_state_back)(long rows, long dim, const T* dh, const T* dstate, const T* h,
                                            const T* rz, const T* candidate, T* dgates, T* kept) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        T* dg = dgates + b * 3 * dim;
        sweep(dim, [&](long i, long w) {
            Vec d = load(dh + b * dim + i, w) + load(dstate + b * dim + i, w);
            Vec z = load(rz + b * 2 * dim + dim + i, w), n = load(candidate + b * dim + i, w);
            store(dg + dim + i, d * (load(h + b * dim + i, w) - n) * z * (1 - z), w);
            store(dg + 2 * dim + i, (d - d * z) * (1 - n * n), w);
            store(kept + b * dim + i, d * z, w);
        });
    }
}

// The gradient of the reset gate from dinner = dnew U_n; kept += dinner r.
extern "C" void NAME(gru_before_gates_back)(long rows, long dim, const T* dinner, const T* h, const T* rz,
                                            T* dgates, T* kept) {
#pragma omp parallel for
    for (long b = 0; b < rows; b++) {
        sweep(dim, [&](long i, long w) {
            Vec d = load(dinner + b * dim + i, w), r = load(rz + b * 2 * dim + i, w);
            store(dgates + b * 3 * dim + i, d * load(h + b * dim + i, w) * r * (1 - r), w);
            store(kept + b * dim + i, load(kept + b * dim + i, w) + d * r, w);
        });
    }
}
