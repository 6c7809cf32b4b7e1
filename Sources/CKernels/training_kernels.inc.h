// The text of the training kernels. No include guard: training_kernels.c includes it once per instruction set, after
// defining the macros that it lists. Vectors run over channels (columns); the last, partial vector is masked, and every
// function with a parameter `full` is inlined twice: for whole vectors, and for the `n` channels of the last.

typedef float NAME(vector) __attribute__((ext_vector_type(LANES)));
typedef NAME(vector) NAME(unaligned) __attribute__((aligned(4)));

#define V NAME(vector)
#define LOAD(p) ((V) * (const NAME(unaligned) *)(p))
#define STORE(p, v) (*(NAME(unaligned) *)(p) = (v))
#define GET(p) (full ? LOAD(p) : LOAD_N(p, n))
#define PUT(p, v)               \
    do {                        \
        if (full) STORE(p, v);  \
        else STORE_N(p, v, n);  \
    } while (0)
#define CLAMP(v, lower, upper) NAME(clamp)(v, lower, upper)
// Calls f(…, c, n, full) for every vector of channels.
#define EACH_VECTOR(count, f, ...)                                                \
    do {                                                                          \
        int64_t c_ = 0;                                                           \
        for (; c_ + LANES <= (count); c_ += LANES) f(__VA_ARGS__, c_, LANES, 1);  \
        if (c_ < (count)) f(__VA_ARGS__, c_, (int)((count) - c_), 0);             \
    } while (0)

#ifdef GENERIC_TAIL
INLINE V NAME(load_n)(const float *p, int n) {
    V v = 0;
    for (int i = 0; i < LANES; i++)
        if (i < n) v[i] = p[i];
    return v;
}
INLINE void NAME(store_n)(float *p, V v, int n) {
    for (int i = 0; i < LANES; i++)
        if (i < n) p[i] = v[i];
}
#endif

// A value that is not a number stays one.
INLINE V NAME(clamp)(V v, float lower, float upper) {
    V low = (V)lower, high = (V)upper;
    v = v < low ? low : v;
    return v > high ? high : v;
}

// --- Matrix product -------------------------------------------------------------------------------------------------

// Floats of a packed panel of B: half of a 32 KiB first-level cache.
#define PANEL 4096

// C[rows × vectors·LANES] (+)= A·B over `depth`, B a panel with `ldb` floats per row, readable in whole vectors; the
// last vector of C has `tail` columns. Accumulators stay in registers: `rows` and `vectors` are constants at the call.
// Row i of A begins at a[i·row_step], or, `listed`, at a[a_rows[i]], its elements side by side.
INLINE void NAME(tile)(
    const int rows, const int vectors, const int listed, int64_t depth, const float *a, int64_t row_step, int64_t column_step,
    const int64_t *a_rows, const float *b, int64_t ldb, float *c, int64_t ldc, int tail, int32_t accumulate) {
    const float *starts[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) starts[i] = listed ? a + a_rows[i] : a + i * row_step;
    V sums[8][4];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) sums[i][j] = (V)0.0f;
    for (int64_t k = 0; k < depth; k++) {
        V columns[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) columns[j] = LOAD(b + j * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            V factor = (V)(listed ? starts[i][k] : a[i * row_step]);
#pragma clang loop unroll(full)
            for (int j = 0; j < vectors; j++) sums[i][j] += factor * columns[j];
        }
        a += column_step;
        b += ldb;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) {
            float *p = c + i * ldc + j * LANES;
            if (j < vectors - 1 || tail == LANES) {
                STORE(p, accumulate ? LOAD(p) + sums[i][j] : sums[i][j]);
            } else {
                V old = accumulate ? LOAD_N(p, tail) : (V)0.0f;
                STORE_N(p, old + sums[i][j], tail);
            }
        }
    }
}

// All rows of one panel: tiles of `rows`, then of 4, 2 and 1.
INLINE void NAME(strip)(
    const int rows, const int vectors, const int listed, int64_t m, int64_t depth, const float *a, int64_t row_step,
    int64_t column_step, const int64_t *a_rows, const float *b, int64_t ldb, float *c, int64_t ldc, int tail, int32_t accumulate) {
#define TILES(r)                                                                                                      \
    for (; m >= r; m -= r, a += listed ? 0 : r * row_step, a_rows += listed ? r : 0, c += r * ldc)                    \
        NAME(tile)(r, vectors, listed, depth, a, row_step, column_step, a_rows, b, ldb, c, ldc, tail, accumulate);
    TILES(rows)
    if (rows > 4) TILES(4)
    if (rows > 2) TILES(2)
    if (rows > 1) TILES(1)
#undef TILES
}

// Rows of A are listed in a_rows where `listed` says so, and column_step is then 1; those of B are where there are b_rows.
INLINE void NAME(product)(
    const int listed, int64_t m, int64_t n, int64_t k, const float *a, int64_t row_step, int64_t column_step, const int64_t *a_rows,
    const float *b, int64_t ldb, const int64_t *b_rows, float *c, int64_t ldc, int32_t accumulate) {
    _Alignas(64) float packed[PANEL];
    for (int64_t first = 0; first < n; first += TILE_VECTORS * LANES) {
        const int64_t columns = min64(TILE_VECTORS * LANES, n - first);
        const int64_t vectors = (columns + LANES - 1) / LANES;
        const int tail = (int)(columns - (vectors - 1) * LANES);
        const int64_t width = vectors * LANES;
        // Equal blocks of the depth whose panel fits.
        const int64_t blocks = (k * width + PANEL - 1) / PANEL;
        const int64_t step = blocks > 0 ? (k + blocks - 1) / blocks : 1;
        // B itself serves as the panel where it is one: no second panel, no partial vector.
        const int direct = !b_rows && n == width;
        for (int64_t start = 0; start < k || start == 0; start += step) {
            const int64_t depth = min64(step, k - start);
            const float *panel = b + start * ldb + first;
            int64_t stride = ldb;
            if (!direct) {
                for (int64_t p = 0; p < depth; p++) {
                    const float *source = b_rows ? b + b_rows[start + p] + first : panel + p * ldb;
                    float *target = packed + p * width;
                    for (int64_t j = 0; j < vectors - 1; j++) STORE(target + j * LANES, LOAD(source + j * LANES));
                    source += (vectors - 1) * LANES;
                    target += (vectors - 1) * LANES;
                    STORE(target, tail == LANES ? LOAD(source) : LOAD_N(source, tail));
                }
                panel = packed;
                stride = width;
            }
            const int32_t add = accumulate || start > 0;
            const float *rows = a + start * column_step;
#define STRIP(r, v)                                                                                                    \
    NAME(strip)(r, v, listed, m, depth, rows, row_step, column_step, a_rows, panel, stride, c + first, ldc, tail, add)
            switch (vectors) {
            case 1: STRIP(ROWS_1, 1); break;
            case 2: STRIP(ROWS_2, 2); break;
#if TILE_VECTORS == 4
            case 3: STRIP(ROWS_3, 3); break;
            default: STRIP(ROWS_4, 4); break;
#endif
            }
#undef STRIP
        }
    }
}

static void NAME(gemm)(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t row_step, int64_t column_step, const float *b, int64_t ldb,
    float *c, int64_t ldc, int32_t accumulate) {
    NAME(product)(0, m, n, k, a, row_step, column_step, NULL, b, ldb, NULL, c, ldc, accumulate);
}

static void NAME(gemm_listed_a)(
    int64_t m, int64_t n, int64_t k, const float *a, const int64_t *rows, const float *b, int64_t ldb, float *c,
    int64_t ldc, int32_t accumulate) {
    NAME(product)(1, m, n, k, a, 0, 1, rows, b, ldb, NULL, c, ldc, accumulate);
}

static void NAME(gemm_listed_b)(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t row_step, int64_t column_step, const float *b,
    const int64_t *rows, float *c, int64_t ldc, int32_t accumulate) {
    NAME(product)(0, m, n, k, a, row_step, column_step, NULL, b, 0, rows, c, ldc, accumulate);
}

static void NAME(transpose)(int64_t rows, int64_t columns, const float *x, float *y) {
    // Blocks of 16×16 keep both sides in the first-level cache.
    for (int64_t r0 = 0; r0 < rows; r0 += 16)
        for (int64_t c0 = 0; c0 < columns; c0 += 16) {
            const int64_t r1 = min64(r0 + 16, rows), c1 = min64(c0 + 16, columns);
            for (int64_t c = c0; c < c1; c++)
                for (int64_t r = r0; r < r1; r++) y[c * rows + r] = x[r * columns + c];
        }
}

// --- Depthwise convolution ------------------------------------------------------------------------------------------

INLINE void NAME(depthwise_pixel)(
    const float *x, int64_t x_row, int64_t x_step, const float *w, int64_t w_row, int64_t channels, int64_t rows,
    int64_t columns, float *y, const int accumulate, int64_t c, int n, const int full) {
    V sum = accumulate ? GET(y + c) : (V)0.0f;
    for (int64_t ky = 0; ky < rows; ky++) {
        const float *xp = x + ky * x_row + c, *wp = w + ky * w_row + c;
        if (columns == 3) {
            sum += GET(xp) * GET(wp);
            sum += GET(xp + x_step) * GET(wp + channels);
            sum += GET(xp + 2 * x_step) * GET(wp + 2 * channels);
        } else {
            for (int64_t kx = 0; kx < columns; kx++) sum += GET(xp + kx * x_step) * GET(wp + kx * channels);
        }
    }
    PUT(y + c, sum);
}

static void NAME(depthwise)(
    int64_t images, const ck_training_window *window, const float *x, const float *w, float *y) {
    const ck_training_window g = *window;
    for (int64_t image = 0; image < images; image++, x += g.in_height * g.in_width * g.channels)
        for (int64_t oy = 0; oy < g.out_height; oy++) {
            int64_t y0, y1;
            taps(oy, g.stride, g.top, g.in_height, g.height, &y0, &y1);
            for (int64_t ox = 0; ox < g.out_width; ox++, y += g.channels) {
                int64_t x0, x1;
                taps(ox, g.stride, g.left, g.in_width, g.width, &x0, &x1);
                const int64_t iy = oy * g.stride - g.top + y0, ix = ox * g.stride - g.left + x0;
                EACH_VECTOR(
                    g.channels, NAME(depthwise_pixel), x + (iy * g.in_width + ix) * g.channels, g.in_width * g.channels,
                    g.channels, w + (y0 * g.width + x0) * g.channels, g.width * g.channels, g.channels, y1 - y0,
                    x1 - x0, y, 0);
            }
        }
}

// dx(iy,ix) = Σ dy(oy,ox)·w(ky,kx) over oy·stride + ky = iy + top, ox·stride + kx = ix + left.
INLINE void NAME(depthwise_input_pixel)(
    const ck_training_window *g, const float *dy, const float *w, int64_t ky0, int64_t oy0, int64_t rows, int64_t kx0,
    int64_t ox0, int64_t columns, float *dx, int32_t accumulate, int64_t c, int n, const int full) {
    V sum = accumulate ? GET(dx + c) : (V)0.0f;
    const int64_t channels = g->channels, s = g->stride;
    for (int64_t r = 0; r < rows; r++) {
        const float *dyp = dy + ((oy0 - r) * g->out_width + ox0) * channels + c;
        const float *wp = w + ((ky0 + r * s) * g->width + kx0) * channels + c;
        for (int64_t q = 0; q < columns; q++) sum += GET(dyp - q * channels) * GET(wp + q * s * channels);
    }
    PUT(dx + c, sum);
}

// The kernel taps that reach input `i`: first tap, its output, and how many (tap + stride, output − 1 follow).
static inline void NAME(reach)(
    int64_t i, int64_t stride, int64_t lead, int64_t out, int64_t size, int64_t *tap, int64_t *output, int64_t *count) {
    int64_t k = (i + lead) % stride, o = (i + lead) / stride;
    if (o >= out) {
        k += (o - out + 1) * stride;
        o = out - 1;
    }
    *tap = k;
    *output = o;
    *count = k < size ? min64((size - k + stride - 1) / stride, o + 1) : 0;
}

static void NAME(depthwise_input)(
    int64_t images, const ck_training_window *window, const float *dy, const float *w, float *dx, int32_t accumulate) {
    const ck_training_window g = *window;
    for (int64_t image = 0; image < images; image++, dy += g.out_height * g.out_width * g.channels)
        for (int64_t iy = 0; iy < g.in_height; iy++) {
            int64_t ky, oy, rows;
            NAME(reach)(iy, g.stride, g.top, g.out_height, g.height, &ky, &oy, &rows);
            for (int64_t ix = 0; ix < g.in_width; ix++, dx += g.channels) {
                int64_t kx, ox, columns;
                NAME(reach)(ix, g.stride, g.left, g.out_width, g.width, &kx, &ox, &columns);
                EACH_VECTOR(
                    g.channels, NAME(depthwise_input_pixel), &g, dy, w, ky, oy, rows, kx, ox, columns, dx, accumulate);
            }
        }
}

// Sums of `columns` neighbouring taps of kernel row ky, columns a constant: one load of dy serves them all.
INLINE void NAME(depthwise_weights_row)(
    const int columns, int64_t images, const ck_training_window *g, const float *x, const float *dy, float *dw,
    int64_t ky, int64_t kx, int64_t c, int n, const int full) {
    V sums[3];
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) sums[j] = GET(dw + (ky * g->width + kx + j) * g->channels + c);
    const int64_t channels = g->channels, s = g->stride;
    for (int64_t image = 0; image < images; image++) {
        for (int64_t oy = 0; oy < g->out_height; oy++) {
            const int64_t iy = oy * s - g->top + ky;
            if (iy < 0 || iy >= g->in_height) continue;
            const float *xp = x + ((image * g->in_height + iy) * g->in_width) * channels + c;
            const float *dyp = dy + ((image * g->out_height + oy) * g->out_width) * channels + c;
            for (int64_t ox = 0; ox < g->out_width; ox++) {
                const int64_t ix = ox * s - g->left + kx;
                const V d = GET(dyp + ox * channels);
                if (ix >= 0 && ix + columns <= g->in_width) {
#pragma clang loop unroll(full)
                    for (int j = 0; j < columns; j++) sums[j] += d * GET(xp + (ix + j) * channels);
                } else {
#pragma clang loop unroll(full)
                    for (int j = 0; j < columns; j++)
                        if (ix + j >= 0 && ix + j < g->in_width) sums[j] += d * GET(xp + (ix + j) * channels);
                }
            }
        }
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < columns; j++) PUT(dw + (ky * g->width + kx + j) * g->channels + c, sums[j]);
}

static void NAME(depthwise_weights)(
    int64_t images, const ck_training_window *window, const float *x, const float *dy, float *dw) {
    const ck_training_window g = *window;
    for (int64_t ky = 0; ky < g.height; ky++) {
        int64_t kx = 0;
        for (; kx + 3 <= g.width; kx += 3)
            EACH_VECTOR(g.channels, NAME(depthwise_weights_row), 3, images, &g, x, dy, dw, ky, kx);
        for (; kx < g.width; kx++)
            EACH_VECTOR(g.channels, NAME(depthwise_weights_row), 1, images, &g, x, dy, dw, ky, kx);
    }
}

// --- Dense convolution ------------------------------------------------------------------------------------

static void NAME(pad)(
    int64_t height, int64_t width, int64_t channels, int64_t top, int64_t left, int64_t rows, int64_t columns,
    const float *x, float *y) {
    const size_t pixel = (size_t)channels * sizeof(float);
    const int64_t filled = max64(0, min64(width, columns - left));
    for (int64_t r = 0; r < rows; r++, y += columns * channels) {
        const int64_t source = r - top;
        if (source < 0 || source >= height) {
            memset(y, 0, (size_t)columns * pixel);
            continue;
        }
        memset(y, 0, (size_t)left * pixel);
        memcpy(y + left * channels, x + source * width * channels, (size_t)filled * pixel);
        memset(y + (left + filled) * channels, 0, (size_t)(columns - left - filled) * pixel);
    }
}

static void NAME(im2col)(int64_t images, const ck_training_window *window, const float *x, float *columns) {
    const ck_training_window g = *window;
    for (int64_t image = 0; image < images; image++, x += g.in_height * g.in_width * g.channels)
        for (int64_t oy = 0; oy < g.out_height; oy++)
            for (int64_t ox = 0; ox < g.out_width; ox++) {
                int64_t x0, x1;
                taps(ox, g.stride, g.left, g.in_width, g.width, &x0, &x1);
                x1 = max64(x0, x1);
                const int64_t ix = ox * g.stride - g.left;
                for (int64_t ky = 0; ky < g.height; ky++, columns += g.width * g.channels) {
                    const int64_t iy = oy * g.stride - g.top + ky;
                    const int inside = iy >= 0 && iy < g.in_height;
                    for (int64_t i = 0; i < (inside ? x0 : g.width) * g.channels; i++) columns[i] = 0;
                    if (!inside) continue;
                    const float *source = x + (iy * g.in_width + ix) * g.channels;
                    for (int64_t i = x0 * g.channels; i < x1 * g.channels; i++) columns[i] = source[i];
                    for (int64_t i = x1 * g.channels; i < g.width * g.channels; i++) columns[i] = 0;
                }
            }
}

static void NAME(col2im)(int64_t images, const ck_training_window *window, const float *columns, float *dx) {
    const ck_training_window g = *window;
    for (int64_t image = 0; image < images; image++, dx += g.in_height * g.in_width * g.channels)
        for (int64_t oy = 0; oy < g.out_height; oy++)
            for (int64_t ox = 0; ox < g.out_width; ox++) {
                int64_t x0, x1;
                taps(ox, g.stride, g.left, g.in_width, g.width, &x0, &x1);
                const int64_t ix = ox * g.stride - g.left;
                for (int64_t ky = 0; ky < g.height; ky++, columns += g.width * g.channels) {
                    const int64_t iy = oy * g.stride - g.top + ky;
                    if (iy < 0 || iy >= g.in_height) continue;
                    float *target = dx + (iy * g.in_width + ix) * g.channels;
                    for (int64_t i = x0 * g.channels; i < x1 * g.channels; i++) target[i] += columns[i];
                }
            }
}

// --- Batch normalisation and activation -----------------------------------------------------------------------------

// Sums of x − p and (x − p)², p the first row: deviations stay small where the mean is large.
INLINE void NAME(moments_vector)(
    int64_t rows, int64_t channels, const float *x, double count, double *mean, double *m2, int64_t c, int n,
    const int full) {
    const V pivot = GET(x + c);
    V sum0 = (V)0.0f, sum1 = (V)0.0f, square0 = (V)0.0f, square1 = (V)0.0f;
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
        const V d0 = GET(x + r * channels + c) - pivot, d1 = GET(x + (r + 1) * channels + c) - pivot;
        sum0 += d0;
        square0 += d0 * d0;
        sum1 += d1;
        square1 += d1 * d1;
    }
    if (r < rows) {
        const V d0 = GET(x + r * channels + c) - pivot;
        sum0 += d0;
        square0 += d0 * d0;
    }
    float p[LANES], s[LANES], q[LANES];
    STORE(p, pivot);
    STORE(s, sum0 + sum1);
    STORE(q, square0 + square1);
    const double total = count + (double)rows;
    for (int i = 0; i < n; i++) {
        const double deviation = (double)p[i] + (double)s[i] / (double)rows - mean[c + i];
        const double spread = (double)q[i] - (double)s[i] * (double)s[i] / (double)rows;
        mean[c + i] += deviation * ((double)rows / total);
        m2[c + i] += spread + deviation * deviation * (count * (double)rows / total);
    }
}

static void NAME(moments)(int64_t rows, int64_t channels, const float *x, double count, double *mean, double *m2) {
    if (rows > 0) EACH_VECTOR(channels, NAME(moments_vector), rows, channels, x, count, mean, m2);
}

INLINE void NAME(normalise_vector)(
    const float *z, const float *scale, const float *shift, float lower, float upper, float *y, int64_t c, int n,
    const int full) {
    PUT(y + c, CLAMP(GET(z + c) * GET(scale + c) + GET(shift + c), lower, upper));
}

static void NAME(normalise)(
    int64_t rows, int64_t channels, const float *z, const float *scale, const float *shift, float lower, float upper,
    float *y) {
    for (int64_t r = 0; r < rows; r++, z += channels, y += channels)
        EACH_VECTOR(channels, NAME(normalise_vector), z, scale, shift, lower, upper, y);
}

INLINE V NAME(passing)(V u, V g, float lower, float upper) {
    g = u > (V)lower ? g : (V)0.0f;
    return u < (V)upper ? g : (V)0.0f;
}

INLINE void NAME(normalise_sums_vector)(
    int64_t rows, int64_t channels, const float *dy, const float *z, const ck_training_affine *affine, double *sum_g,
    double *sum_gx, int64_t c, int n, const int full) {
    const V scale = GET(affine->scale + c), shift = GET(affine->shift + c), mean = GET(affine->mean + c);
    const float lower = affine->lower, upper = affine->upper;
    V sum = (V)0.0f, product = (V)0.0f;
    for (int64_t r = 0; r < rows; r++) {
        const V value = GET(z + r * channels + c);
        const V g = NAME(passing)(value * scale + shift, GET(dy + r * channels + c), lower, upper);
        sum += g;
        product += g * (value - mean);
    }
    for (int i = 0; i < n; i++) {
        sum_g[c + i] += (double)sum[i];
        sum_gx[c + i] += (double)product[i];
    }
}

static void NAME(normalise_sums)(
    int64_t rows, int64_t channels, const float *dy, const float *z, const ck_training_affine *affine, double *sum_g,
    double *sum_gx) {
    EACH_VECTOR(channels, NAME(normalise_sums_vector), rows, channels, dy, z, affine, sum_g, sum_gx);
}

INLINE void NAME(normalise_back_vector)(
    float *dy, const float *z, const ck_training_affine *affine, const float *slope, const float *offset, int64_t c,
    int n, const int full) {
    const V scale = GET(affine->scale + c), value = GET(z + c);
    const V u = value * scale + GET(affine->shift + c);
    const V g = NAME(passing)(u, GET(dy + c), affine->lower, affine->upper);
    PUT(dy + c, scale * g + (GET(slope + c) * (value - GET(affine->mean + c)) + GET(offset + c)));
}

static void NAME(normalise_back)(
    int64_t rows, int64_t channels, float *dy, const float *z, const ck_training_affine *affine, const float *slope,
    const float *offset) {
    const ck_training_affine local = *affine;
    for (int64_t r = 0; r < rows; r++, dy += channels, z += channels)
        EACH_VECTOR(channels, NAME(normalise_back_vector), dy, z, &local, slope, offset);
}

// --- Joins and pools ------------------------------------------------------------------------------------------------

INLINE void NAME(add_vector)(
    const float *a, const float *b, float lower, float upper, float *y, int64_t c, int n, const int full) {
    PUT(y + c, CLAMP(GET(a + c) + GET(b + c), lower, upper));
}

static void NAME(add)(int64_t count, const float *a, const float *b, float lower, float upper, float *y) {
    EACH_VECTOR(count, NAME(add_vector), a, b, lower, upper, y);
}

INLINE void NAME(pass_vector)(
    const float *a, const float *b, const float *dy, float lower, float upper, float *dx, int32_t accumulate, int64_t c,
    int n, const int full) {
    const V g = NAME(passing)(GET(a + c) + GET(b + c), GET(dy + c), lower, upper);
    PUT(dx + c, accumulate ? GET(dx + c) + g : g);
}

static void NAME(pass)(
    int64_t count, const float *a, const float *b, const float *dy, float lower, float upper, float *dx,
    int32_t accumulate) {
    EACH_VECTOR(count, NAME(pass_vector), a, b, dy, lower, upper, dx, accumulate);
}

static void NAME(copy)(
    int64_t rows, int64_t columns, const float *x, int64_t ldx, float *y, int64_t ldy, int32_t accumulate) {
    for (int64_t r = 0; r < rows; r++, x += ldx, y += ldy)
        for (int64_t c = 0; c < columns; c++) y[c] = accumulate ? y[c] + x[c] : x[c];
}

// Runs the body for every output pixel with the window's taps [y0, y1) × [x0, x1) and `at`, the offset of its origin.
#define EACH_PIXEL(body)                                                                                             \
    for (int64_t image = 0; image < images; image++)                                                                 \
        for (int64_t oy = 0; oy < g.out_height; oy++) {                                                              \
            int64_t y0, y1;                                                                                          \
            taps(oy, g.stride, g.top, g.in_height, g.height, &y0, &y1);                                              \
            for (int64_t ox = 0; ox < g.out_width; ox++) {                                                           \
                int64_t x0, x1;                                                                                      \
                taps(ox, g.stride, g.left, g.in_width, g.width, &x0, &x1);                                           \
                const int64_t out = ((image * g.out_height + oy) * g.out_width + ox) * g.channels;                   \
                const int64_t origin_y = image * g.in_height + oy * g.stride - g.top;                                \
                const int64_t origin_x = ox * g.stride - g.left;                                                     \
                body                                                                                                 \
            }                                                                                                        \
        }
#define EACH_TAP(body)                                                                                               \
    for (int64_t ky = y0; ky < y1; ky++)                                                                             \
        for (int64_t kx = x0; kx < x1; kx++) {                                                                       \
            const int64_t in = ((origin_y + ky) * g.in_width + origin_x + kx) * g.channels;                          \
            for (int64_t c = 0; c < g.channels; c++) { body }                                                        \
        }

static void NAME(average_pool)(int64_t images, const ck_training_window *window, const float *x, float *y) {
    const ck_training_window g = *window;
    EACH_PIXEL({
        const float share = 1.0f / (float)((y1 - y0) * (x1 - x0));
        for (int64_t c = 0; c < g.channels; c++) y[out + c] = 0;
        EACH_TAP({ y[out + c] += x[in + c]; })
        for (int64_t c = 0; c < g.channels; c++) y[out + c] *= share;
    })
}

static void NAME(average_pool_back)(
    int64_t images, const ck_training_window *window, const float *x, const float *y, const float *dy, float *dx) {
    const ck_training_window g = *window;
    (void)x;
    (void)y;
    EACH_PIXEL({
        const float share = 1.0f / (float)((y1 - y0) * (x1 - x0));
        EACH_TAP({ dx[in + c] += dy[out + c] * share; })
    })
}

INLINE void NAME(max_pool_pixel)(
    const ck_training_window *g, const float *x, int64_t origin, int64_t y0, int64_t y1, int64_t x0, int64_t x1,
    float *y, int64_t c, int n, const int full) {
    V largest = (V)(-__builtin_inff());
    for (int64_t ky = y0; ky < y1; ky++)
        for (int64_t kx = x0; kx < x1; kx++) {
            const V value = GET(x + origin + (ky * g->in_width + kx) * g->channels + c);
            largest = value > largest ? value : largest;
        }
    PUT(y + c, largest);
}

static void NAME(max_pool)(int64_t images, const ck_training_window *window, const float *x, float *y) {
    const ck_training_window g = *window;
    EACH_PIXEL({
        const int64_t origin = (origin_y * g.in_width + origin_x) * g.channels;
        EACH_VECTOR(g.channels, NAME(max_pool_pixel), &g, x, origin, y0, y1, x0, x1, y + out);
    })
}

INLINE void NAME(max_pool_back_pixel)(
    const ck_training_window *g, const float *x, int64_t origin, int64_t y0, int64_t y1, int64_t x0, int64_t x1,
    const float *y, const float *dy, float *dx, int64_t c, int n, const int full) {
    const V largest = GET(y + c);
    // What no pixel has taken yet.
    V left = GET(dy + c);
    for (int64_t ky = y0; ky < y1; ky++)
        for (int64_t kx = x0; kx < x1; kx++) {
            const int64_t at = origin + (ky * g->in_width + kx) * g->channels + c;
            const V value = GET(x + at);
            PUT(dx + at, GET(dx + at) + (value == largest ? left : (V)0.0f));
            left = value == largest ? (V)0.0f : left;
        }
}

static void NAME(max_pool_back)(
    int64_t images, const ck_training_window *window, const float *x, const float *y, const float *dy, float *dx) {
    const ck_training_window g = *window;
    EACH_PIXEL({
        const int64_t origin = (origin_y * g.in_width + origin_x) * g.channels;
        EACH_VECTOR(g.channels, NAME(max_pool_back_pixel), &g, x, origin, y0, y1, x0, x1, y + out, dy + out, dx);
    })
}

// --- Optimiser ------------------------------------------------------------------------------------------------------

static void NAME(descend)(
    int64_t count, int64_t threads, const float *gradients, int64_t stride, float *w, float *v, float rate,
    float momentum, float decay, int32_t nesterov) {
    for (int64_t i = 0; i < count; i++) {
        float g = gradients[i];
        for (int64_t t = 1; t < threads; t++) g += gradients[t * stride + i];
        g += decay * w[i];
        v[i] = momentum * v[i] + g;
        w[i] -= rate * (nesterov ? g + momentum * v[i] : v[i]);
    }
}

#include "training_fake.inc.h"

static const ck_training_table NAME(table) = {
    .level = LEVEL,
    .name = LEVEL_NAME,
    .gemm = NAME(gemm),
    .gemm_listed_a = NAME(gemm_listed_a),
    .gemm_listed_b = NAME(gemm_listed_b),
    .transpose = NAME(transpose),
    .depthwise = NAME(depthwise),
    .depthwise_input = NAME(depthwise_input),
    .depthwise_weights = NAME(depthwise_weights),
    .pad = NAME(pad),
    .im2col = NAME(im2col),
    .col2im = NAME(col2im),
    .moments = NAME(moments),
    .normalise = NAME(normalise),
    .normalise_sums = NAME(normalise_sums),
    .normalise_back = NAME(normalise_back),
    .add = NAME(add),
    .pass = NAME(pass),
    .copy = NAME(copy),
    .average_pool = NAME(average_pool),
    .max_pool = NAME(max_pool),
    .average_pool_back = NAME(average_pool_back),
    .max_pool_back = NAME(max_pool_back),
    .descend = NAME(descend),
    .normalise_fake = NAME(normalise_fake),
    .fake_quantize = NAME(fake_quantize),
    .fake_step = NAME(fake_step),
    .weight_range = NAME(weight_range),
    .weight_fake = NAME(weight_fake),
    .weight_back = NAME(weight_back),
};

#undef V
#undef LOAD
#undef STORE
#undef GET
#undef PUT
#undef CLAMP
#undef EACH_VECTOR
#undef PANEL
#undef EACH_PIXEL
#undef EACH_TAP
