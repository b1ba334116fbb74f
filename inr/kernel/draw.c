/* Samples of tiles by their numbers: local coordinates and values, in one pass over the batch. */
#include <stdlib.h>

#include "vectors.h"

enum { MOST_AXES = 3, BYTES = 1, SHORTS = 2, FLOATS = 4 };

/* Tiles `first` .. `last`-1 of a group whose boxes have shape `box`: row b of tile t is sample index[b].

   samples [tiles, product of box, channels] of `size` bytes each; tables[d] [tiles, box[d]] holds
   local coordinates.  Tile t goes to u and values at places[t] - base.  A value is (v + offset) / full.
   Returns 1 where memory does not suffice. */
int VARIANT(inr_draw)(int batch, const int64_t *index, int axes, const int32_t *box,
                      const float *const *tables, int size, const void *samples, int channels, int first,
                      int last, const int32_t *places, int base, float offset, float full, float *u,
                      float *values) {
    int32_t *at = malloc(sizeof(int32_t) * (size_t)batch * axes);
    if (!at) return 1;
    ptrdiff_t count = 1;
    for (int d = 0; d < axes; d++) count *= box[d];
    for (int b = 0; b < batch; b++) {
        int64_t rest = index[b];
        for (int d = axes - 1; d >= 0; d--) {
            at[d * batch + b] = (int32_t)(rest % box[d]);
            rest /= box[d];
        }
    }
    for (int t = first; t < last; t++) {
        ptrdiff_t to = (ptrdiff_t)(places[t] - base) * batch;
        for (int d = 0; d < axes; d++) {
            const float *table = tables[d] + (ptrdiff_t)t * box[d];
            float *ut = u + to * axes + d;
            const int32_t *place = at + d * batch;
            for (int b = 0; b < batch; b++) ut[b * axes] = table[place[b]];
        }
        float *v = values + to * channels;
        ptrdiff_t from = (ptrdiff_t)t * count * channels;
        for (int b = 0; b < batch; b++) {
            ptrdiff_t p = from + index[b] * channels;
            for (int c = 0; c < channels; c++) {
                float value = size == BYTES    ? (float)((const uint8_t *)samples)[p + c]
                              : size == SHORTS ? (float)((const int16_t *)samples)[p + c]
                                               : ((const float *)samples)[p + c];
                v[b * channels + c] = size == FLOATS ? value : (value + offset) / full;
            }
        }
    }
    free(at);
    return 0;
}
