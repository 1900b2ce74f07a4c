// Blocks by tiles of 16 rows of 64 bytes (AMX).
#if defined(__AMX_BF16__) && defined(__AMX_INT8__)
// Eight tiles. A constant, since g++ takes only its first bytes for read.
const struct {
    uint8_t palette = 1, start = 0, unused[14] = {};
    uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
} SHAPES;

template <class Number>
struct Tiles {
    Tiles() { _tile_loadconfig(&SHAPES); }
    ~Tiles() { _tile_release(); }

    // upper and lower: `count` tiles each; left and right: two columns of packed tiles. With `more` the products are
    // added to the sums.
    void multiply(long count, long, bool more, Row upper, Row lower, const char* left, const char* right,
                  Sum<Number> (*sums)[SIDE]) {
        if (more) {
            _tile_loadd(0, &sums[0][0], SIDE * 4);
            _tile_loadd(1, &sums[0][16], SIDE * 4);
            _tile_loadd(2, &sums[16][0], SIDE * 4);
            _tile_loadd(3, &sums[16][16], SIDE * 4);
        } else {
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
        }
        for (long k = 0; k < count; k++) {
            _tile_loadd(4, upper.first + k * upper.next, upper.step);
            _tile_loadd(5, lower.first + k * lower.next, lower.step);
            _tile_loadd(6, left + k * TILE, LINE);
            _tile_loadd(7, right + k * TILE, LINE);
            if constexpr (std::is_same_v<Number, bf16>) {
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                _tile_dpbf16ps(2, 5, 6);
                _tile_dpbf16ps(3, 5, 7);
            } else {
                _tile_dpbusd(0, 4, 6);
                _tile_dpbusd(1, 4, 7);
                _tile_dpbusd(2, 5, 6);
                _tile_dpbusd(3, 5, 7);
            }
        }
        _tile_stored(0, &sums[0][0], SIDE * 4);
        _tile_stored(1, &sums[0][16], SIDE * 4);
        _tile_stored(2, &sums[16][0], SIDE * 4);
        _tile_stored(3, &sums[16][16], SIDE * 4);
    }
};
#endif
