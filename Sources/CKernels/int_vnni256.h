// The 256-bit VNNI kernels, written once: AVX-VNNI and AVX512-VNNI (VL) instantiate them with their own coding of
// vpdpbusd, DPBUSD256(acc, u8, s8). vpdpbusd adds four u8×s8 products to an int32 lane and does not saturate.
#include <immintrin.h>
#include <string.h>

enum { ROWS_256 = 6, COLUMNS_256 = 16 };

// The last 1…3 bytes of a row as the low bytes of a word: nothing is read behind them.
static inline int32_t load_rest_256(const uint8_t *p, size_t n) {
    uint32_t x = p[0];
    if (n > 1) x |= (uint32_t)p[1] << 8;
    if (n > 2) x |= (uint32_t)p[2] << 16;
    return (int32_t)x;
}

// One step of four depths: rows·vectors vpdpbusd.
static inline __attribute__((always_inline)) void step_256(
    __m256i acc[ROWS_256][2], const int32_t *words, const int8_t *w, __m256i flip, const int rows, const int vectors) {
    __m256i b[2];
    CK_UNROLL for (int v = 0; v < vectors; v++) b[v] = _mm256_loadu_si256((const __m256i *)(w + 32 * v));
    CK_UNROLL for (int r = 0; r < rows; r++) {
        const __m256i a = _mm256_xor_si256(_mm256_set1_epi32(words[r]), flip);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = DPBUSD256(acc[r][v], a, b[v]);
    }
}

// rows × 8·vectors. Panel: [tap][four of k][8·vectors columns][4] int8.
static inline __attribute__((always_inline)) void tile_256(const ck_int_tile *t, const int rows, const int vectors) {
    __m256i acc[ROWS_256][2];
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm256_setzero_si256();
    const int8_t *w = t->w;
    const __m256i flip = _mm256_set1_epi8((char)t->flip);
    for (size_t tap = 0; tap < t->taps; tap++) {
        const uint8_t *const *a = t->a + tap * ROWS_256;
        int32_t words[ROWS_256];
        size_t k = 0;
        for (; k + 4 <= t->depth; k += 4, w += 32 * vectors) {
            CK_UNROLL for (int r = 0; r < rows; r++) memcpy(&words[r], a[r] + k, 4);
            step_256(acc, words, w, flip, rows, vectors);
        }
        if (k < t->depth) {
            CK_UNROLL for (int r = 0; r < rows; r++) words[r] = load_rest_256(a[r] + k, t->depth - k);
            step_256(acc, words, w, flip, rows, vectors);
            w += 32 * vectors;
        }
    }
    CK_UNROLL for (int r = 0; r < rows; r++)
        CK_UNROLL for (int v = 0; v < vectors; v++)
            _mm256_storeu_si256((__m256i *)(t->acc + r * COLUMNS_256 + 8 * v), acc[r][v]);
}

#define ROWS_CASES_256(V) \
    switch (t->rows) { \
    case 1: tile_256(t, 1, V); break; \
    case 2: tile_256(t, 2, V); break; \
    case 3: tile_256(t, 3, V); break; \
    case 4: tile_256(t, 4, V); break; \
    case 5: tile_256(t, 5, V); break; \
    default: tile_256(t, 6, V); break; \
    }

static void gemm_6x16c4_256(const ck_int_tile *t) {
    if (t->columns <= 8) { ROWS_CASES_256(1) } else { ROWS_CASES_256(2) }
}

// n ≤ 32 channels as bytes.
static inline __m256i load_channels_256(const uint8_t *p, size_t n) {
    if (n >= 32) return _mm256_loadu_si256((const __m256i *)p);
    uint8_t bytes[32] = {0};
    memcpy(bytes, p, n);
    return _mm256_loadu_si256((const __m256i *)bytes);
}

// Blocks of 32 channels. Four taps' bytes are interleaved by two levels of unpacking, so that one vpdpbusd does four
// taps of 8 channels: vector q holds in 128-bit lane L the channels 16L + 4q + 0…3.
// Weights: [block][four of taps][q][L][channel][4] int8.
static void depthwise_32_256(const ck_int_depthwise *d) {
    const size_t groups = (d->taps + 3) / 4;
    const int8_t *w = (const int8_t *)d->w + d->first * groups * 4;
    const __m256i flip = _mm256_set1_epi8((char)d->flip);
    for (size_t p = 0; p < d->pixels; p++) {
        const uint8_t *const *a = d->a + p * d->taps;
        __m256i acc[4];
        for (int q = 0; q < 4; q++) acc[q] = _mm256_setzero_si256();
        for (size_t g = 0; g < groups; g++) {
            __m256i t[4];
            for (size_t i = 0; i < 4; i++) {
                const size_t tap = 4 * g + i < d->taps ? 4 * g + i : d->taps - 1;  // its weight is 0 where there is none
                t[i] = _mm256_xor_si256(load_channels_256(a[tap] + d->first, d->channels), flip);
            }
            const __m256i low01 = _mm256_unpacklo_epi8(t[0], t[1]), high01 = _mm256_unpackhi_epi8(t[0], t[1]);
            const __m256i low23 = _mm256_unpacklo_epi8(t[2], t[3]), high23 = _mm256_unpackhi_epi8(t[2], t[3]);
            const __m256i *v = (const __m256i *)(w + g * 128);
            acc[0] = DPBUSD256(acc[0], _mm256_unpacklo_epi16(low01, low23), _mm256_loadu_si256(v));
            acc[1] = DPBUSD256(acc[1], _mm256_unpackhi_epi16(low01, low23), _mm256_loadu_si256(v + 1));
            acc[2] = DPBUSD256(acc[2], _mm256_unpacklo_epi16(high01, high23), _mm256_loadu_si256(v + 2));
            acc[3] = DPBUSD256(acc[3], _mm256_unpackhi_epi16(high01, high23), _mm256_loadu_si256(v + 3));
        }
        __m256i *out = (__m256i *)(d->acc + p * 32);
        _mm256_storeu_si256(out, _mm256_permute2x128_si256(acc[0], acc[1], 0x20));
        _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(acc[2], acc[3], 0x20));
        _mm256_storeu_si256(out + 2, _mm256_permute2x128_si256(acc[0], acc[1], 0x31));
        _mm256_storeu_si256(out + 3, _mm256_permute2x128_si256(acc[2], acc[3], 0x31));
    }
}

static size_t depthwise_bytes_256(size_t channels, size_t taps) {
    return (channels + 31) / 32 * ((taps + 3) / 4) * 128;
}

static void depthwise_pack_256(size_t channels, size_t taps, const int16_t *w, void *out) {
    int8_t *o = out;
    memset(out, 0, depthwise_bytes_256(channels, taps));
    for (size_t block = 0; block < channels; block += 32)
        for (size_t group = 0; group < (taps + 3) / 4; group++)
            for (size_t q = 0; q < 4; q++)
                for (size_t i = 0; i < 8; i++) {
                    const size_t channel = block + (i / 4) * 16 + 4 * q + i % 4;
                    for (size_t s = 0; s < 4; s++, o++)
                        if (channel < channels && 4 * group + s < taps)
                            *o = (int8_t)w[(4 * group + s) * channels + channel];
                }
}
