// Fake quantization: rounding to the levels that integers will have, in float. A part of training_kernels.inc.h.

// Adding and subtracting 1.5·2²³ rounds |q| < 2²² to whole numbers on every instruction set. Ties go up: averages of a few
// levels often lie midway between two, where the integer kernels round so; 2⁻¹² of a step outweighs the error of q.
INLINE V NAME(fake)(V v, float inverse, float lowest, float highest, float step) {
    const V q = CLAMP(v * (V)inverse + (V)0x1p-12f, lowest, highest);
    return ((q + (V)0x1.8p23f) - (V)0x1.8p23f) * (V)step;
}

INLINE void NAME(normalise_fake_vector)(
    const float *z, const float *scale, const float *shift, float lower, float upper, const ck_training_fake *f,
    const int enabled, V *low, V *high, float *y, int64_t c, int n, const int full) {
    V v = CLAMP(GET(z + c) * GET(scale + c) + GET(shift + c), lower, upper);
    *low = v < *low ? v : *low;
    *high = v > *high ? v : *high;
    if (enabled) v = NAME(fake)(v, f->inverse, f->lowest, f->highest, f->step);
    PUT(y + c, v);
}

INLINE void NAME(normalise_fake_rows)(
    int64_t rows, int64_t channels, const float *z, const float *scale, const float *shift, float lower, float upper,
    const ck_training_fake *f, const int enabled, V *low, V *high, float *y) {
    for (int64_t r = 0; r < rows; r++, z += channels, y += channels)
        EACH_VECTOR(
            channels, NAME(normalise_fake_vector), z, scale, shift, lower, upper, f, enabled, low, high, y);
}

// Merges the vectors' elements into extremes[0] and [1].
INLINE void NAME(merge_extremes)(V low, V high, float *extremes) {
    if (!extremes) return;
    for (int i = 0; i < LANES; i++) {
        if (low[i] < extremes[0]) extremes[0] = low[i];
        if (high[i] > extremes[1]) extremes[1] = high[i];
    }
}

static void NAME(normalise_fake)(
    int64_t rows, int64_t channels, const float *z, const float *scale, const float *shift, float lower, float upper,
    const ck_training_fake *fake, float *extremes, float *y) {
    const ck_training_fake f = *fake;
    // Ranges contain 0, so it may start them, and be what lies behind the last, partial vector.
    V low = (V)0.0f, high = (V)0.0f;
    if (f.enabled)
        NAME(normalise_fake_rows)(rows, channels, z, scale, shift, lower, upper, &f, 1, &low, &high, y);
    else
        NAME(normalise_fake_rows)(rows, channels, z, scale, shift, lower, upper, &f, 0, &low, &high, y);
    NAME(merge_extremes)(low, high, extremes);
}

INLINE void NAME(fake_vector)(float *y, const ck_training_fake *f, V *low, V *high, int64_t c, int n, const int full) {
    const V v = GET(y + c);
    *low = v < *low ? v : *low;
    *high = v > *high ? v : *high;
    if (f->enabled) PUT(y + c, NAME(fake)(v, f->inverse, f->lowest, f->highest, f->step));
}

static void NAME(fake_quantize)(int64_t count, float *y, const ck_training_fake *fake, float *extremes) {
    const ck_training_fake f = *fake;
    V low = (V)0.0f, high = (V)0.0f;
    EACH_VECTOR(count, NAME(fake_vector), y, &f, &low, &high);
    NAME(merge_extremes)(low, high, extremes);
}

INLINE void NAME(fake_step_vector)(
    const float *dy, const float *v, const ck_training_fake *f, V *sum, int64_t c, int n, const int full) {
    const V u = GET(v + c) * (V)f->inverse;
    const V q = NAME(fake)(GET(v + c), f->inverse, f->lowest, f->highest, 1.0f);
    // The range's own ends, which rounding may have put a little outside, are inside.
    V inside = u < (V)(f->lowest - 0x1p-12f) ? (V)0.0f : u;
    inside = u > (V)(f->highest + 0x1p-12f) ? (V)0.0f : inside;
    *sum += GET(dy + c) * (q - inside);
}

static double NAME(fake_step)(int64_t count, const float *dy, const float *v, const ck_training_fake *fake) {
    const ck_training_fake f = *fake;
    double total = 0;
    // Short sums in float, long ones in double.
    for (int64_t first = 0; first < count; first += 1024) {
        const int64_t n = count - first < 1024 ? count - first : 1024;
        V sum = (V)0.0f;
        EACH_VECTOR(n, NAME(fake_step_vector), dy + first, v + first, &f, &sum);
        for (int i = 0; i < LANES; i++) total += (double)sum[i];
    }
    return total;
}

// --- Weights: in double, operation by operation as the conversion to integers does it -----------------------------------

INLINE void NAME(weight_range_step)(
    int64_t count, const int64_t step, const float *w, double fold, float *low, float *high) {
    float l = *low, h = *high;
    for (int64_t i = 0; i < count; i++) {
        const float folded = (float)((double)w[i * step] * fold);
        l = folded < l ? folded : l;
        h = folded > h ? folded : h;
    }
    *low = l;
    *high = h;
}

static void NAME(weight_range)(int64_t count, int64_t step, const float *w, double fold, float *low, float *high) {
    if (step == 1) NAME(weight_range_step)(count, 1, w, fold, low, high);
    else NAME(weight_range_step)(count, step, w, fold, low, high);
}

INLINE void NAME(weight_fake_step)(
    int64_t count, const int64_t step, const float *w, const ck_training_weight_fake *fake, float *y) {
    const ck_training_weight_fake f = *fake;
    for (int64_t i = 0; i < count; i++) {
        const float folded = (float)((double)w[i * step] * f.fold);
        const double ratio = (double)folded / f.scale;
        double q = __builtin_trunc(ratio + __builtin_copysign(0.5, ratio));
        q = q < f.lowest ? f.lowest : q;
        q = q > f.highest ? f.highest : q;
        y[i * step] = (float)(f.scale * q / f.fold);
    }
}

static void NAME(weight_fake)(
    int64_t count, int64_t step, const float *w, const ck_training_weight_fake *fake, float *y) {
    if (step == 1) NAME(weight_fake_step)(count, 1, w, fake, y);
    else NAME(weight_fake_step)(count, step, w, fake, y);
}

static double NAME(weight_back)(
    int64_t count, int64_t step, const float *w, const ck_training_weight_fake *fake, float *gradient) {
    const ck_training_weight_fake f = *fake;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        const float folded = (float)((double)w[i * step] * f.fold);
        const double ratio = (double)folded / f.scale;
        const double g = (double)gradient[i * step] / f.fold;
        // The range's own ends, which rounding may have put a little outside, are inside.
        if (ratio < f.lowest - 0x1p-12) {
            sum += g * f.lowest;
            gradient[i * step] = 0;
        } else if (ratio > f.highest + 0x1p-12) {
            sum += g * f.highest;
            gradient[i * step] = 0;
        } else {
            sum += g * (__builtin_trunc(ratio + __builtin_copysign(0.5, ratio)) - ratio);
        }
    }
    return sum;
}
