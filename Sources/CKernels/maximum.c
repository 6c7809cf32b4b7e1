// The largest element of each channel in a window of pixels, for maximum pools. Written in vectors of 16 bytes, which every x86-64 and
// ARM processor has; a channel's maximum stays in a register while the window passes.
#include <string.h>

#include "tables.h"

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef float floats __attribute__((vector_size(16)));

// n vectors of channels from `pixel` on; START is below every element.
#define WINDOW(VECTOR, n, START, LOAD, STORE) \
    do { \
        VECTOR most[n]; \
        CK_UNROLL for (int i = 0; i < n; i++) most[i] = START; \
        for (size_t y = 0; y < rows; y++) \
            for (size_t x = 0; x < columns; x++) { \
                CK_UNROLL for (int i = 0; i < n; i++) { \
                    VECTOR here; \
                    memcpy(&here, pixel + y * row_step + x * pixel_step + (size_t)i * (16 / sizeof *pixel), 16); \
                    here = LOAD(here); \
                    most[i] = __builtin_elementwise_max(most[i], here); \
                } \
            } \
        CK_UNROLL for (int i = 0; i < n; i++) { \
            const VECTOR out_ = STORE(most[i]); \
            memcpy(out + (size_t)i * (16 / sizeof *pixel), &out_, 16); \
        } \
    } while (0)

void ck_maximum_u8(
    const uint8_t *pixel, size_t row_step, size_t rows, size_t pixel_step, size_t columns, size_t channels, uint8_t flip,
    uint8_t *out) {
    const bytes flips = (bytes){0} + flip;
    #define FLIP(v) ((v) ^ flips)
    for (; channels >= 64; channels -= 64, pixel += 64, out += 64) WINDOW(bytes, 4, (bytes){0}, FLIP, FLIP);
    for (; channels >= 16; channels -= 16, pixel += 16, out += 16) WINDOW(bytes, 1, (bytes){0}, FLIP, FLIP);
    #undef FLIP
    for (size_t c = 0; c < channels; c++) {
        uint8_t most = 0;
        for (size_t y = 0; y < rows; y++)
            for (size_t x = 0; x < columns; x++) {
                const uint8_t here = pixel[y * row_step + x * pixel_step + c] ^ flip;
                if (here > most) most = here;
            }
        out[c] = most ^ flip;
    }
}

void ck_maximum_f32(
    const float *pixel, size_t row_step, size_t rows, size_t pixel_step, size_t columns, size_t channels, float *out) {
    const floats lowest = (floats){0} - __builtin_inff();
    for (; channels >= 16; channels -= 16, pixel += 16, out += 16) WINDOW(floats, 4, lowest, , );
    for (; channels >= 4; channels -= 4, pixel += 4, out += 4) WINDOW(floats, 1, lowest, , );
    for (size_t c = 0; c < channels; c++) {
        float most = -__builtin_inff();
        for (size_t y = 0; y < rows; y++)
            for (size_t x = 0; x < columns; x++) {
                const float here = pixel[y * row_step + x * pixel_step + c];
                if (here > most) most = here;
            }
        out[c] = most;
    }
}
