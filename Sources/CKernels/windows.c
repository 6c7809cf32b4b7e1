// Where a window's pixels lie, for indirect convolution: a pointer for each pixel, or, where a pixel has few channels, one for
// each row of the window. Bytes only: float and integer tensors are the same here.
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

// Positions from `at` on, at most count, whose windows lie between the left and the right edge of the image and on one row
// of the output: their pointers advance together.
static size_t interior(const ck_window *w, const position *at, size_t count) {
    const ptrdiff_t left = (ptrdiff_t)(at->x * w->stride) - (ptrdiff_t)w->pad_left;
    if (left < 0 || (size_t)left + w->kernel_width > w->input_width) return 0;
    size_t span = (w->input_width - w->kernel_width - (size_t)left) / w->stride + 1;
    if (span > w->output_width - at->x) span = w->output_width - at->x;
    return span < count ? span : count;
}

static void skip(const ck_window *w, position *at, size_t positions) {
    at->x += positions - 1;
    advance(w, at);
}

// Writes first, first + step, … to `count` places of a [groups][slots][group] layout, from lane `lane` of slot `slot` on.
static inline void write_strided(
    const uint8_t **out, size_t slots, size_t group, size_t slot, size_t lane, const uint8_t *first, size_t step,
    size_t count) {
    out += slot * group;
    while (count > 0) {
        const size_t n = count < group - lane ? count : group - lane;
        for (size_t i = 0; i < n; i++, first += step) out[lane + i] = first;
        count -= n;
        lane = 0;
        out += slots * group;
    }
}

void ck_window_pointers(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, const uint8_t *padding, size_t group,
    const uint8_t **out) {
    const size_t taps = w->kernel_height * w->kernel_width, row_bytes = w->input_width * w->pixel_bytes;
    const size_t step = w->stride * w->pixel_bytes;
    position at = position_of(w, first);
    size_t lane = 0;
    for (size_t n = 0; n < count; n++) {
        const ptrdiff_t top = (ptrdiff_t)(at.y * w->stride) - (ptrdiff_t)w->pad_top;
        const ptrdiff_t left = (ptrdiff_t)(at.x * w->stride) - (ptrdiff_t)w->pad_left;
        const uint8_t *image = input + at.image * w->input_height * row_bytes;
        const size_t span = interior(w, &at, count - n);
        if (span > 0) {
            const uint8_t *row = image + top * (ptrdiff_t)row_bytes + left * (ptrdiff_t)w->pixel_bytes;
            for (size_t ky = 0, tap = 0; ky < w->kernel_height; ky++, row += row_bytes) {
                const size_t y = (size_t)(top + (ptrdiff_t)ky);  // above the image: beyond its height, too
                for (size_t kx = 0; kx < w->kernel_width; kx++, tap++)
                    if (y < w->input_height)
                        write_strided(out, taps, group, tap, lane, row + kx * w->pixel_bytes, step, span);
                    else
                        write_strided(out, taps, group, tap, lane, padding, 0, span);
            }
            out += (lane + span) / group * group * taps;
            lane = (lane + span) % group;
            n += span - 1;
            skip(w, &at, span);
            continue;
        }
        const uint8_t **slot = out + lane;
        for (size_t ky = 0; ky < w->kernel_height; ky++) {
            const ptrdiff_t y = top + (ptrdiff_t)ky;
            const int inside = y >= 0 && y < (ptrdiff_t)w->input_height;
            for (size_t kx = 0; kx < w->kernel_width; kx++, slot += group) {
                const ptrdiff_t x = left + (ptrdiff_t)kx;
                *slot = !inside || x < 0 || x >= (ptrdiff_t)w->input_width
                    ? padding
                    : image + y * (ptrdiff_t)row_bytes + x * (ptrdiff_t)w->pixel_bytes;
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

void ck_window_rows(
    const ck_window *w, size_t first, size_t count, const uint8_t *input, size_t input_bytes, const uint8_t *padding,
    size_t read_bytes, size_t group, uint8_t *patches, const uint8_t **out) {
    const size_t row_bytes = w->input_width * w->pixel_bytes, window_bytes = w->kernel_width * w->pixel_bytes;
    const size_t height = w->kernel_height;
    const size_t step = w->stride * w->pixel_bytes;
    position at = position_of(w, first);
    size_t lane = 0;
    for (size_t n = 0; n < count; n++) {
        const ptrdiff_t top = (ptrdiff_t)(at.y * w->stride) - (ptrdiff_t)w->pad_top;
        const ptrdiff_t left = (ptrdiff_t)(at.x * w->stride) - (ptrdiff_t)w->pad_left;
        const uint8_t *image = input + at.image * w->input_height * row_bytes;
        const uint8_t *corner = image + top * (ptrdiff_t)row_bytes + left * (ptrdiff_t)w->pixel_bytes;
        size_t span = interior(w, &at, count - n);
        // The lowest row of these windows must have read_bytes before the end.
        ptrdiff_t lowest = top + (ptrdiff_t)height - 1;
        if (lowest >= (ptrdiff_t)w->input_height) lowest = (ptrdiff_t)w->input_height - 1;
        const ptrdiff_t slack = input + input_bytes - (image + lowest * (ptrdiff_t)row_bytes
            + left * (ptrdiff_t)w->pixel_bytes) - (ptrdiff_t)read_bytes;
        if (span > 0) {
            const size_t fit = slack < 0 ? 0 : (size_t)slack / step + 1;
            if (span > fit) span = fit;
        }
        if (span > 0) {
            for (size_t ky = 0; ky < height; ky++) {
                const size_t y = (size_t)(top + (ptrdiff_t)ky);  // above the image: beyond its height, too
                if (y < w->input_height)
                    write_strided(out, height, group, ky, lane, corner + ky * row_bytes, step, span);
                else
                    write_strided(out, height, group, ky, lane, padding, 0, span);
            }
            out += (lane + span) / group * group * height;
            lane = (lane + span) % group;
            n += span - 1;
            skip(w, &at, span);
            continue;
        }
        const ptrdiff_t beyond = left + (ptrdiff_t)w->kernel_width - (ptrdiff_t)w->input_width;
        const size_t before = left < 0 ? (size_t)-left * w->pixel_bytes : 0;
        const size_t after = beyond > 0 ? (size_t)beyond * w->pixel_bytes : 0;
        for (size_t ky = 0; ky < height; ky++) {
            const size_t y = (size_t)(top + (ptrdiff_t)ky);
            const uint8_t **slot = out + ky * group + lane;
            *slot = padding;
            if (y >= w->input_height) continue;
            uint8_t *patch = patches + (n * height + ky) * read_bytes;
            copy_few(patch, padding, before);
            copy_few(patch + before, corner + ky * row_bytes + before, window_bytes - before - after);
            copy_few(patch + window_bytes - after, padding, after);
            *slot = patch;
        }
        if (++lane == group) {
            lane = 0;
            out += group * height;
        }
        advance(w, &at);
    }
}
