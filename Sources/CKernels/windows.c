// Where a window's pixels lie: pointers for indirect convolution, and patches where the channels do not fill the
// micro-kernel's depth. Bytes only: float and integer tensors are the same here.
#include <string.h>

#include "CKernels.h"

// An output position, walked row by row without divisions.
typedef struct {
    size_t image, y, x;
} position;

static position position_of(const ck_window *w, size_t row) {
    const size_t x = row % w->output_width, rest = row / w->output_width;
    return (position){rest / w->output_height, rest % w->output_height, x};
}

static void advance(const ck_window *w, position *p) {
    if (++p->x < w->output_width) return;
    p->x = 0;
    if (++p->y < w->output_height) return;
    p->y = 0;
    p->image++;
}

// Positions of a row whose windows lie between the left and the right edge, for 3×3 windows, one after the other: each row
// of the window is one pointer that moves on. A row of the window above or below the image stands still at `padding`.
static size_t interior_3x3(
    const ck_window *w, const position *at, size_t count, const uint8_t *image, const uint8_t *padding,
    const uint8_t **out) {
    const size_t row_bytes = w->input_width * w->pixel_bytes;
    const ptrdiff_t left = (ptrdiff_t)(at->x * w->stride) - (ptrdiff_t)w->pad_left;
    if (left < 0 || (size_t)left + 3 > w->input_width) return 0;
    size_t span = (w->input_width - 3 - (size_t)left) / w->stride + 1;
    if (span > w->output_width - at->x) span = w->output_width - at->x;
    if (span > count) span = count;
    const uint8_t *row[3];
    size_t tap[3], step[3];
    for (int ky = 0; ky < 3; ky++) {
        const ptrdiff_t y = (ptrdiff_t)(at->y * w->stride) - (ptrdiff_t)w->pad_top + ky;
        const int inside = y >= 0 && y < (ptrdiff_t)w->input_height;
        row[ky] = inside ? image + (size_t)y * row_bytes + (size_t)left * w->pixel_bytes : padding;
        tap[ky] = inside ? w->pixel_bytes : 0;
        step[ky] = tap[ky] * w->stride;
    }
    for (size_t n = 0; n < span; n++, out += 9) {
        for (int ky = 0; ky < 3; ky++) {
            out[3 * ky] = row[ky];
            out[3 * ky + 1] = row[ky] + tap[ky];
            out[3 * ky + 2] = row[ky] + 2 * tap[ky];
            row[ky] += step[ky];
        }
    }
    return span;
}

void ck_window_pointers(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, const uint8_t *padding, size_t group,
    const uint8_t **out) {
    const size_t taps = w->kernel_height * w->kernel_width, row_bytes = w->input_width * w->pixel_bytes;
    position at = position_of(w, first);
    size_t lane = 0;
    for (size_t n = 0; n < count; n++) {
        const ptrdiff_t top = (ptrdiff_t)(at.y * w->stride) - (ptrdiff_t)w->pad_top;
        const ptrdiff_t left = (ptrdiff_t)(at.x * w->stride) - (ptrdiff_t)w->pad_left;
        const uint8_t *image = input + at.image * w->input_height * row_bytes;
        if (group == 1 && w->kernel_height == 3 && w->kernel_width == 3) {
            const size_t span = interior_3x3(w, &at, count - n, image, padding, out);
            if (span > 0) {
                out += span * 9;
                n += span - 1;
                at.x += span - 1;
                advance(w, &at);
                continue;
            }
        }
        const uint8_t **slot = out + lane;
        const int inside = left >= 0 && left + (ptrdiff_t)w->kernel_width <= (ptrdiff_t)w->input_width;
        for (size_t ky = 0; ky < w->kernel_height; ky++) {
            const ptrdiff_t y = top + (ptrdiff_t)ky;
            if (y < 0 || y >= (ptrdiff_t)w->input_height) {
                for (size_t kx = 0; kx < w->kernel_width; kx++, slot += group) *slot = padding;
            } else if (inside) {
                const uint8_t *pixel = image + y * (ptrdiff_t)row_bytes + left * (ptrdiff_t)w->pixel_bytes;
                for (size_t kx = 0; kx < w->kernel_width; kx++, slot += group, pixel += w->pixel_bytes) *slot = pixel;
            } else {
                for (size_t kx = 0; kx < w->kernel_width; kx++, slot += group) {
                    const ptrdiff_t x = left + (ptrdiff_t)kx;
                    *slot = x < 0 || x >= (ptrdiff_t)w->input_width
                        ? padding
                        : image + y * (ptrdiff_t)row_bytes + x * (ptrdiff_t)w->pixel_bytes;
                }
            }
        }
        if (++lane == group) {
            lane = 0;
            out += group * taps;
        }
        advance(w, &at);
    }
}

// A few bytes, without the call that memcpy of unknown length is. Nothing is read or written beyond them.
static inline void copy_few(uint8_t *to, const uint8_t *from, size_t n) {
    for (; n >= 8; n -= 8, to += 8, from += 8) memcpy(to, from, 8);
    if (n & 4) {
        memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    if (n & 2) {
        memcpy(to, from, 2);
        to += 2;
        from += 2;
    }
    if (n & 1) *to = *from;
}

void ck_window_patches(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, uint8_t padding, uint8_t *out) {
    const size_t row_bytes = w->input_width * w->pixel_bytes, window_bytes = w->kernel_width * w->pixel_bytes;
    position at = position_of(w, first);
    for (size_t n = 0; n < count; n++) {
        const ptrdiff_t top = (ptrdiff_t)(at.y * w->stride) - (ptrdiff_t)w->pad_top;
        const ptrdiff_t left = (ptrdiff_t)(at.x * w->stride) - (ptrdiff_t)w->pad_left;
        const ptrdiff_t beyond = left + (ptrdiff_t)w->kernel_width - (ptrdiff_t)w->input_width;
        const size_t before = left < 0 ? (size_t)-left * w->pixel_bytes : 0;
        const size_t after = beyond > 0 ? (size_t)beyond * w->pixel_bytes : 0;
        const size_t inside = before + after < window_bytes ? window_bytes - before - after : 0;
        const uint8_t *image = input + at.image * w->input_height * row_bytes;
        for (size_t ky = 0; ky < w->kernel_height; ky++, out += window_bytes) {
            const ptrdiff_t y = top + (ptrdiff_t)ky;
            if (y < 0 || y >= (ptrdiff_t)w->input_height || inside == 0) {
                memset(out, padding, window_bytes);
                continue;
            }
            const uint8_t *row = image + y * (ptrdiff_t)row_bytes;
            if (before) memset(out, padding, before);
            copy_few(out + before, row + (left < 0 ? 0 : left * (ptrdiff_t)w->pixel_bytes), inside);
            if (after) memset(out + before + inside, padding, after);
        }
        advance(w, &at);
    }
}
