// What the integer kernels of depthwise convolution share: the order of channels in registers, and how a window slides along a row.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "fused_stage.h"
#include "tables.h"

// A block of channels as sums in int32 registers. Taps are interleaved by unpacking, which works inside 128-bit lanes: lane i of vector
// q holds channel unit·⌊i/4⌋ + 4q + i mod 4, where `unit` channels lie in a 128-bit lane of the activations.
typedef struct {
    size_t vectors, lanes, unit;
} depthwise_block;

// The channel of a lane in the block that begins at `first`, or −1.
static inline ptrdiff_t block_channel(const depthwise_block *b, size_t channels, size_t first, size_t q, size_t i) {
    const size_t channel = first + i / 4 * b->unit + 4 * q + i % 4;
    return channel < channels ? (ptrdiff_t)channel : -1;
}

// Weights [taps][channels] of a block as [group][vector][lane][slot], of `bytes` 1 or 2 each. slots[group·size + slot] is the tap that
// stands there, or −1; without slots they are the taps in order. Returns the end of what was written.
static inline void *pack_block(
    const depthwise_block *b, size_t channels, size_t first, size_t taps, size_t size, const int32_t *slots, const int16_t *w,
    size_t bytes, void *out) {
    int8_t *narrow = out;
    int16_t *wide = out;
    for (size_t group = 0; group < (taps + size - 1) / size; group++)
        for (size_t q = 0; q < b->vectors; q++)
            for (size_t i = 0; i < b->lanes; i++) {
                const ptrdiff_t channel = block_channel(b, channels, first, q, i);
                for (size_t slot = group * size; slot < (group + 1) * size; slot++) {
                    const ptrdiff_t tap = slots ? slots[slot] : slot < taps ? (ptrdiff_t)slot : -1;
                    const int16_t weight = channel < 0 || tap < 0 ? 0 : w[(size_t)tap * channels + (size_t)channel];
                    if (bytes == 1) *narrow++ = (int8_t)weight;
                    else *wide++ = weight;
                }
            }
    return bytes == 1 ? (void *)narrow : (void *)wide;
}

// The output stage's constants of a block: [vector] as `pack` has them. Returns the end.
static inline uint8_t *pack_block_stage(
    const depthwise_block *b, size_t channels, size_t first, const ck_output_stage *s, stage_pack_fn pack, uint8_t *out) {
    for (size_t q = 0; q < b->vectors; q++, out += b->lanes * FUSED_BYTES_PER_CHANNEL) {
        ptrdiff_t channel[16];
        for (size_t i = 0; i < b->lanes; i++) channel[i] = block_channel(b, channels, first, q, i);
        pack(s, b->lanes, channel, out);
    }
    return out;
}

// The slots of a 3×3 window by its columns, each the pixels of three rows and a zero.
enum { ROW_SLOTS = 12 };
static const int32_t row_slots[ROW_SLOTS] = {0, 3, 6, -1, 1, 4, 7, -1, 2, 5, 8, -1};

// The first bytes of the three rows of the window's column at x.
typedef struct {
    const uint8_t *row[3];
} column_rows;

static inline __attribute__((always_inline)) column_rows rows_of_column(const ck_int_depthwise_row *d, ptrdiff_t x) {
    const int inside = x >= 0 && x < (ptrdiff_t)d->window.input_width;
    column_rows rows;
    CK_UNROLL for (int r = 0; r < 3; r++)
        rows.row[r] = (inside ? d->window.row[r] + x * (ptrdiff_t)d->window.step[r] : d->window.padding) + d->first;
    return rows;
}

// Slides the window of `d` along its row, two pixels at a time, which share the loads of weights and constants. LOAD is an expression
// that makes the COLUMN at `x`; PIXELS a statement that computes `count` pixels (a constant) from `u`, the columns of the
// first one and those to its right, and writes them to `out`. A column serves every window that it belongs to.
#define CK_SLIDE(d, stride, COLUMN, LOAD, PIXELS) \
    do { \
        COLUMN u[5]; \
        uint8_t *out = (d)->out; \
        ptrdiff_t first = (d)->window.left; \
        size_t left = (d)->window.pixels; \
        CK_UNROLL for (int c = 0; c < 3 - stride; c++) { \
            const ptrdiff_t x = first + c; \
            u[c] = LOAD; \
        } \
        for (; left >= 2; left -= 2, first += 2 * stride, out += 2 * (d)->out_stride) { \
            enum { count = 2 }; \
            CK_UNROLL for (int c = 3 - stride; c < 3 + stride; c++) { \
                const ptrdiff_t x = first + c; \
                u[c] = LOAD; \
            } \
            PIXELS; \
            CK_UNROLL for (int c = 0; c < 3 - stride; c++) u[c] = u[c + 2 * stride]; \
        } \
        if (left > 0) { \
            enum { count = 1 }; \
            CK_UNROLL for (int c = 3 - stride; c < 3; c++) { \
                const ptrdiff_t x = first + c; \
                u[c] = LOAD; \
            } \
            PIXELS; \
        } \
    } while (0)

// Calls ROW(d, s, stride, KIND, full) with constants for its last three; `whole` says that all channels of the block are there.
#define CK_ROW_CASES(ROW, d, s, whole, KIND) \
    do { \
        const int unit = (d)->window.stride == 1, full = whole; \
        if (unit && full) ROW(d, s, 1, KIND, 1); \
        else if (unit) ROW(d, s, 1, KIND, 0); \
        else if (full) ROW(d, s, 2, KIND, 1); \
        else ROW(d, s, 2, KIND, 0); \
    } while (0)

// The same for a kernel without the line.
#define CK_ROW_CHAINS(ROW, d, s, whole) \
    do { \
        if (stage_sees_sign(s)) CK_ROW_CASES(ROW, d, s, whole, STAGE_SIGN); \
        else CK_ROW_CASES(ROW, d, s, whole, STAGE_CHAIN); \
    } while (0)
