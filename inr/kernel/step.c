/* Loss and gradients of tiled coordinate networks: forward and backward of one tile while its
   numbers are in the processor's cache.

   Rows (samples) of a tile are taken in chunks; a chunk's activations are kept as [neuron][row],
   so that every loop runs over rows and any width fills the vectors.  What is computed is

       z_l = h_l W_l + b_l,   h_l+1 = g(z_l),   y = (h_L W_out + b_out) gain
       loss = Σ (y - target)²                                                       (1)

   with g = sin(ω z), or RAF with the bases carrier, sine2 and cosine2 (fields/activations/raf.py). */
#include <stdlib.h>

#include "vectors.h"

enum { SINE = 0, RAF = 1, BASES = 2 };
enum { MOST_LAYERS = 8, CHUNK_FLOATS = 1 << 15, LEAST_CHUNK = 64, MOST_CHUNK = 512, STRIP = 4 };

/* Shapes and constants; the same fields as `_Net` in inr/kernel/library.py.  Amplitudes learn from
   layer `learning` on. */
typedef struct {
    int32_t dims, channels, width, layers, activation, shared, gain, learning;
    float omega_first, omega_hidden;
} Net;

/* One layer's numbers and gradients, of one tile; no d_amplitude where the amplitudes do not learn, and
   `plain` where they are all 0. */
typedef struct {
    const float *weight, *bias, *amplitude;
    float *d_weight, *d_bias, *d_amplitude;
    int plain;
} Layer;

/* ---- products -------------------------------------------------------------------------- */

/* y[j][n] = bias[j] + Σ_i w[i si + j sj] x[i][n] for JB neurons and one strip of rows. */
#define PRODUCT(JB)                                                                             \
    INLINE void product_##JB(int in, const float *w, ptrdiff_t si, ptrdiff_t sj,                \
                             const float *bias, const float *x, float *y, ptrdiff_t rows) {     \
        vf a[JB][STRIP];                                                                        \
        for (int j = 0; j < JB; j++)                                                            \
            for (int v = 0; v < STRIP; v++) a[j][v] = splat(bias ? bias[j] : 0.0f);             \
        for (int i = 0; i < in; i++) {                                                          \
            vf r[STRIP];                                                                        \
            for (int v = 0; v < STRIP; v++) r[v] = load(x + i * rows + v * LANES);              \
            for (int j = 0; j < JB; j++) {                                                      \
                vf f = splat(w[i * si + j * sj]);                                               \
                for (int v = 0; v < STRIP; v++) a[j][v] += r[v] * f;                            \
            }                                                                                   \
        }                                                                                       \
        for (int j = 0; j < JB; j++)                                                            \
            for (int v = 0; v < STRIP; v++) store(y + j * rows + v * LANES, a[j][v]);           \
    }
PRODUCT(1) PRODUCT(2) PRODUCT(3) PRODUCT(4) PRODUCT(5) PRODUCT(6)

/* The same for all `out` neurons and all rows (a multiple of STRIP * LANES). */
static void product(int in, int out, const float *w, ptrdiff_t si, ptrdiff_t sj, const float *bias,
                    const float *x, float *y, ptrdiff_t rows) {
    for (ptrdiff_t n = 0; n < rows; n += STRIP * LANES) {
        for (int j = 0; j < out; j += 6) {
            const float *wj = w + j * sj, *bj = bias ? bias + j : 0, *xn = x + n;
            float *yj = y + j * rows + n;
            switch (out - j) {
            case 1: product_1(in, wj, si, sj, bj, xn, yj, rows); break;
            case 2: product_2(in, wj, si, sj, bj, xn, yj, rows); break;
            case 3: product_3(in, wj, si, sj, bj, xn, yj, rows); break;
            case 4: product_4(in, wj, si, sj, bj, xn, yj, rows); break;
            case 5: product_5(in, wj, si, sj, bj, xn, yj, rows); break;
            default: product_6(in, wj, si, sj, bj, xn, yj, rows);
            }
        }
    }
}

/* d[i][j] += Σ_n x[i][n] g[j][n] for IB x JB pairs; d has `stride` numbers a row. */
#define OUTER(IB, JB)                                                                           \
    INLINE void outer_##IB##_##JB(const float *x, const float *g, ptrdiff_t rows, float *d,     \
                                  ptrdiff_t stride) {                                           \
        vf a[24];                                                                               \
        float s[24];                                                                            \
        for (int p = 0; p < 24; p++) a[p] = splat(0.0f);                                        \
        for (ptrdiff_t n = 0; n < rows; n += LANES) {                                           \
            vf r[IB], c;                                                                        \
            for (int i = 0; i < IB; i++) r[i] = load(x + i * rows + n);                         \
            for (int j = 0; j < JB; j++) {                                                      \
                c = load(g + j * rows + n);                                                     \
                for (int i = 0; i < IB; i++) a[i * JB + j] += r[i] * c;                         \
            }                                                                                   \
        }                                                                                       \
        for (int p = 0; p < IB * JB; p += 8) sums8(a + p, s + p);                               \
        for (int i = 0; i < IB; i++)                                                            \
            for (int j = 0; j < JB; j++) d[i * stride + j] += s[i * JB + j];                    \
    }
OUTER(1, 1) OUTER(1, 2) OUTER(1, 3) OUTER(1, 4) OUTER(1, 5) OUTER(1, 6)
OUTER(2, 1) OUTER(2, 2) OUTER(2, 3) OUTER(2, 4) OUTER(2, 5) OUTER(2, 6)
OUTER(3, 1) OUTER(3, 2) OUTER(3, 3) OUTER(3, 4) OUTER(3, 5) OUTER(3, 6)
OUTER(4, 1) OUTER(4, 2) OUTER(4, 3) OUTER(4, 4) OUTER(4, 5) OUTER(4, 6)

#define OUTER_ROW(IB)                                                                           \
    switch (out - j) {                                                                          \
    case 1: outer_##IB##_1(x, g, rows, d, out); break;                                          \
    case 2: outer_##IB##_2(x, g, rows, d, out); break;                                          \
    case 3: outer_##IB##_3(x, g, rows, d, out); break;                                          \
    case 4: outer_##IB##_4(x, g, rows, d, out); break;                                          \
    case 5: outer_##IB##_5(x, g, rows, d, out); break;                                          \
    default: outer_##IB##_6(x, g, rows, d, out);                                                \
    }

/* d[in][out] += x gᵀ over all rows. */
static void outer(int in, int out, const float *x0, const float *g0, ptrdiff_t rows, float *d0) {
    for (int i = 0; i < in; i += 4) {
        for (int j = 0; j < out; j += 6) {
            const float *x = x0 + i * rows, *g = g0 + j * rows;
            float *d = d0 + (ptrdiff_t)i * out + j;
            switch (in - i) {
            case 1: OUTER_ROW(1) break;
            case 2: OUTER_ROW(2) break;
            case 3: OUTER_ROW(3) break;
            default: OUTER_ROW(4)
            }
        }
    }
}

/* ---- activations ----------------------------------------------------------------------- */

/* ω ∂h/∂θ = ω cos θ (1 + 4 p cos θ - 4 q sin θ) - 2 p ω, with p2 = 2 p ω and q4 = 4 q ω. */
INLINE vf slope(vf sine, vf cosine, float omega, float p2, float q4) {
    return cosine * (omega + (2.0f * p2) * cosine - q4 * sine) - p2;
}

/* One neuron: z is replaced by h, and its slope ω ∂h/∂θ is kept for the backward pass; where its
   amplitudes learn, sine and cosine of θ are kept instead. */
static void activate(const Net *net, const Layer *l, int j, float omega, float *z, float *s, float *c,
                     ptrdiff_t rows) {
    if (net->activation == SINE || (l->plain && !l->d_amplitude)) {
        for (ptrdiff_t n = 0; n < rows; n += LANES) {
            vf sine, cosine;
            sine_cosine(load(z + n) * omega, &sine, &cosine);
            store(z + n, sine);
            store(c + n, cosine * omega);
        }
        return;
    }
    float p2 = 2.0f * l->amplitude[j], q = l->amplitude[net->width + j], q2 = 2.0f * q;
    for (ptrdiff_t n = 0; n < rows; n += LANES) {
        vf sine, cosine;
        sine_cosine(load(z + n) * omega, &sine, &cosine);
        if (l->d_amplitude) {
            store(s + n, sine);
            store(c + n, cosine);
        } else {
            store(c + n, slope(sine, cosine, omega, p2 * omega, 2.0f * q2 * omega));
        }
        /* sin θ + p sin 2θ + q cos 2θ = sin θ (1 + 2 p cos θ - 2 q sin θ) + q */
        store(z + n, sine * (1.0f + p2 * cosine - q2 * sine) + q);
    }
}

/* G = ∂L/∂h becomes ∂L/∂z in place; the neuron's own gradients are added up. */
static void activate_back(const Net *net, const Layer *l, int j, float omega, const float *s,
                          const float *c, float *g, ptrdiff_t rows) {
    vf bias = splat(0.0f);
    if (!l->d_amplitude) {
        for (ptrdiff_t n = 0; n < rows; n += LANES) {
            vf d = load(g + n) * load(c + n);
            bias += d;
            store(g + n, d);
        }
        l->d_bias[j] += sum(bias);
        return;
    }
    float p2 = 2.0f * omega * l->amplitude[j], q4 = 4.0f * omega * l->amplitude[net->width + j];
    vf of_p = bias, of_q = bias, all = bias;
    for (ptrdiff_t n = 0; n < rows; n += LANES) {
        vf sine = load(s + n), cosine = load(c + n), grad = load(g + n), gs = grad * sine;
        of_p += gs * cosine;
        of_q += gs * sine;
        all += grad;
        vf d = grad * slope(sine, cosine, omega, p2, q4);
        bias += d;
        store(g + n, d);
    }
    vf t[8] = {of_p, of_q, all, bias, bias, bias, bias, bias};
    float r[8];
    sums8(t, r);
    l->d_amplitude[j] += 2.0f * r[0];
    l->d_amplitude[net->width + j] += r[2] - 2.0f * r[1];
    l->d_bias[j] += r[3];
}

/* ---- a tile ---------------------------------------------------------------------------- */

/* Whether all of n numbers are 0. */
INLINE int none(const float *p, ptrdiff_t n) {
    while (n > 0 && p[n - 1] == 0.0f) n--;
    return n == 0;
}

/* Where the numbers of one tile begin, in the order in which fields.tensor_shapes lists them. */
INLINE void locate(const Net *net, const float *const *tensors, float *const *grads, int tile, int backward,
                   Layer *layers, const float **gain, float **d_gain) {
    int at = 0, raf = net->activation == RAF;
    ptrdiff_t width = net->width, own = net->shared ? 0 : tile, fan_in = net->dims;
    for (int l = 0; l <= net->layers; l++) {
        ptrdiff_t out = l < net->layers ? width : net->channels;
        Layer *p = layers + l;
        memset(p, 0, sizeof *p);
        p->weight = tensors[at] + tile * fan_in * out;
        p->d_weight = grads[at++] + tile * fan_in * out;
        p->bias = tensors[at] + tile * out;
        p->d_bias = grads[at++] + tile * out;
        if (raf && l < net->layers) {
            p->amplitude = tensors[at] + own * BASES * width;
            p->plain = none(p->amplitude, BASES * width);
            p->d_amplitude = backward && l >= net->learning ? grads[at] + own * BASES * width : 0;
            at++;
        }
        fan_in = width;
    }
    *gain = net->gain ? tensors[at] + tile * net->channels : 0;
    *d_gain = net->gain ? grads[at] + tile * net->channels : 0;
}

/* Chunk of rows [first, first + count) of one tile: its squared error, and its gradients. */
static double chunk(const Net *net, const Layer *layers, const float *gain, float *d_gain,
                    const float *u, const float *target, int count, ptrdiff_t rows, int backward,
                    float *scratch) {
    int width = net->width, dims = net->dims, channels = net->channels, last = net->layers;
    ptrdiff_t plane = width * rows;
    float *x = scratch, *y = x + dims * rows, *g0 = y + channels * rows, *g1 = g0 + plane;
    float *base = g1 + plane; /* of each layer what `activate` keeps */
    int kept = net->activation == SINE ? 2 : 3;
    for (int d = 0; d < dims; d++)
        for (ptrdiff_t n = 0; n < rows; n++) x[d * rows + n] = n < count ? u[n * dims + d] : 0.0f;

    const float *in = x;
    for (int l = 0; l < last; l++) {
        float *h = base + kept * l * plane, *c = h + plane, *s = c + plane;
        const Layer *p = layers + l;
        float omega = l ? net->omega_hidden : net->omega_first;
        product(l ? width : dims, width, p->weight, width, 1, p->bias, in, h, rows);
        for (int j = 0; j < width; j++) {
            ptrdiff_t at = j * rows;
            activate(net, p, j, omega, h + at, s + at, c + at, rows);
        }
        in = h;
    }
    const Layer *o = layers + last;
    product(width, channels, o->weight, channels, 1, o->bias, in, y, rows);

    double loss = 0.0;
    for (int k = 0; k < channels; k++) {
        float scale = gain ? gain[k] : 1.0f;
        double to_gain = 0.0;
        for (ptrdiff_t n = 0; n < count; n++) {
            float value = y[k * rows + n], e = value * scale - target[n * channels + k];
            loss += (double)e * e;
            to_gain += 2.0 * e * value;
            y[k * rows + n] = 2.0f * e * scale;
        }
        for (ptrdiff_t n = count; n < rows; n++) y[k * rows + n] = 0.0f;
        if (d_gain && backward) d_gain[k] += (float)to_gain;
    }
    if (!backward) return loss;

    outer(width, channels, in, y, rows, o->d_weight);
    for (int k = 0; k < channels; k++) {
        vf t = splat(0.0f);
        for (ptrdiff_t n = 0; n < rows; n += LANES) t += load(y + k * rows + n);
        o->d_bias[k] += sum(t);
    }
    product(channels, width, o->weight, 1, channels, 0, y, g0, rows);
    for (int l = last - 1; l >= 0; l--) {
        const float *h = base + kept * l * plane, *c = h + plane, *s = kept == 2 ? h : c + plane;
        const float *below = l ? h - kept * plane : x;
        const Layer *p = layers + l;
        float omega = l ? net->omega_hidden : net->omega_first;
        for (int j = 0; j < width; j++) {
            ptrdiff_t at = j * rows;
            activate_back(net, p, j, omega, s + at, c + at, g0 + at, rows);
        }
        outer(l ? width : dims, width, below, g0, rows, p->d_weight);
        if (l) {
            product(width, width, p->weight, 1, width, 0, g0, g1, rows);
            float *swap = g0;
            g0 = g1;
            g1 = swap;
        }
    }
    return loss;
}

/* Rows in whole strips. */
INLINE ptrdiff_t strips(ptrdiff_t rows) {
    ptrdiff_t strip = STRIP * LANES;
    return (rows + strip - 1) / strip * strip;
}

/* Rows at once: few enough that a layer's activations stay near the processor. */
INLINE ptrdiff_t chunk_rows(int width, int rows) {
    ptrdiff_t strip = STRIP * LANES, most = CHUNK_FLOATS / width / strip * strip;
    most = most < LEAST_CHUNK ? LEAST_CHUNK : most > MOST_CHUNK ? MOST_CHUNK : most;
    return strips(rows) < most ? strips(rows) : most;
}

/* Adds the gradients of rows `from` .. `to`-1 of tiles `first` .. `last`-1 to `grads`, and their
   squared errors to `loss`.  u [tiles, rows, dims] and target [tiles, rows, channels] begin at
   tile `first`.  Returns 0, or 1 where memory or the number of layers does not suffice. */
int VARIANT(inr_gradients)(const Net *net, const float *const *tensors, float *const *grads, int first,
                        int last, int rows, int from, int to, const float *u, const float *target,
                        int backward, double *loss) {
    *loss = 0.0;
    if (net->layers > MOST_LAYERS) return 1;
    if (from >= to || first >= last) return 0;
    ptrdiff_t at_once = chunk_rows(net->width, to - from);
    size_t floats = (size_t)at_once * (net->dims + net->channels + (3 * net->layers + 2) * (size_t)net->width);
    float *scratch = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    if (!scratch) return 1;
    double total = 0.0;
    for (int tile = first; tile < last; tile++) {
        Layer layers[MOST_LAYERS + 1];
        const float *gain;
        float *d_gain;
        locate(net, tensors, grads, tile, backward, layers, &gain, &d_gain);
        const float *ut = u + (size_t)(tile - first) * rows * net->dims;
        const float *tt = target + (size_t)(tile - first) * rows * net->channels;
        for (int n = from; n < to; n += (int)at_once) {
            int count = to - n < at_once ? to - n : (int)at_once;
            total += chunk(net, layers, gain, d_gain, ut + (size_t)n * net->dims,
                           tt + (size_t)n * net->channels, count, strips(count), backward, scratch);
        }
    }
    free(scratch);
    *loss = total;
    return 0;
}
