// The positions that a sum runs over, four at a time, so that it is read and written once for four of them.

// body(s) for the positions of a weight that is not 0, four at a time; -1 where there are no more.
template <class Body>
inline void by_four(long S, const float* weight, Body body) {
    for (long next = 0; next < S;) {
        long s[4] = {-1, -1, -1, -1};
        for (long found = 0; found < 4 && next < S; next++)
            if (weight[next] != 0) s[found++] = next;
        if (s[0] >= 0) body(s);
    }
}
