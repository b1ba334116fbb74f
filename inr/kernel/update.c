/* Updates of the weights: Muon on square matrices, sixteen at a time, and Adam.

   A lane of a vector holds one matrix, so small matrices of any width fill the vectors and no sum
   crosses lanes.  The formulas are those of inr/fitting/optimisers.py. */
#include <math.h>
#include <stdlib.h>

#include "vectors.h"

#define BLOCK 3

/* Rows i.., columns j.. of d = alpha d + Σ_k a[i][k] b[k][j] (or b[j][k] where `flip`), IB x JB of them. */
INLINE void block(const int IB, const int JB, const int flip, int n, const vf *a, const vf *b, vf *d,
                  int i, int j, const vf *plus, float times) {
    vf t[BLOCK][BLOCK];
    for (int p = 0; p < IB; p++)
        for (int q = 0; q < JB; q++) t[p][q] = splat(0.0f);
    for (int k = 0; k < n; k++) {
        vf r[BLOCK];
        for (int p = 0; p < IB; p++) r[p] = a[(i + p) * n + k];
        for (int q = 0; q < JB; q++) {
            vf c = flip ? b[(j + q) * n + k] : b[k * n + j + q];
            for (int p = 0; p < IB; p++) t[p][q] += r[p] * c;
        }
    }
    for (int p = 0; p < IB; p++)
        for (int q = 0; q < JB; q++) {
            int at = (i + p) * n + j + q;
            d[at] = plus ? times * plus[at] + t[p][q] : t[p][q];
        }
}

/* d = a b (or a bᵀ) + times * plus, for matrices n x n in all lanes; of a symmetric d only the blocks
   on and right of the diagonal. */
INLINE void multiply(const int flip, const int symmetric, int n, const vf *a, const vf *b, vf *d,
                     const vf *plus, float times) {
    for (int i = 0; i < n; i += BLOCK) {
        for (int j = symmetric ? i : 0; j < n; j += BLOCK) {
            int ib = n - i < BLOCK ? n - i : BLOCK, jb = n - j < BLOCK ? n - j : BLOCK;
            if (ib == BLOCK && jb == BLOCK) block(BLOCK, BLOCK, flip, n, a, b, d, i, j, plus, times);
            else
                for (int p = i; p < i + ib; p++)
                    for (int q = j; q < j + jb; q++) block(1, 1, flip, n, a, b, d, p, q, plus, times);
        }
    }
    if (symmetric)
        for (int i = 1; i < n; i++)
            for (int j = 0; j < i; j++) d[i * n + j] = d[j * n + i];
}

/* Near-orthogonal factors of sixteen matrices x (Jordan et al. 2024): five Newton-Schulz steps. */
static void orthogonal(int n, vf *x, vf *gram, vf *poly, vf *next) {
    int size = n * n;
    vf norm = splat(0.0f);
    for (int p = 0; p < size; p++) norm += x[p] * x[p];
    float lanes[LANES];
    store(lanes, norm);
    for (int k = 0; k < LANES; k++) lanes[k] = 1.0f / (sqrtf(lanes[k]) + 1e-20f);
    norm = load(lanes);
    for (int p = 0; p < size; p++) x[p] *= norm;
    for (int step = 0; step < 5; step++) {
        multiply(1, 1, n, x, x, gram, 0, 0.0f);
        for (int p = 0; p < size; p++) next[p] = gram[p] * (-4.7750f / 2.0315f);
        multiply(1, 1, n, gram, gram, poly, next, 1.0f);
        for (int p = 0; p < size; p++) poly[p] *= 2.0315f;
        multiply(0, 0, n, poly, x, next, x, 3.4445f);
        memcpy(x, next, size * sizeof(vf));
    }
}

/* Muon on matrices `first` .. `last`-1 of w, g, m [K, n, n]: w = keep w - rate NS(g + momentum m).  Returns 1 where memory does not suffice. */
int VARIANT(inr_muon)(int first, int last, int n, float *w, const float *g, float *m, float momentum,
                      float rate, float keep) {
    ptrdiff_t size = (ptrdiff_t)n * n;
    vf *x = aligned_alloc(64, 4 * size * sizeof(vf));
    if (!x) return 1;
    for (int tile = first; tile < last; tile += LANES) {
        int count = last - tile < LANES ? last - tile : LANES;
        memset(x, 0, size * sizeof(vf));
        for (int k = 0; k < count; k++) {
            ptrdiff_t at = (tile + k) * size;
            float *lane = (float *)x + k;
            for (ptrdiff_t p = 0; p < size; p++) {
                float mean = momentum * m[at + p] + g[at + p];
                m[at + p] = mean;
                lane[p * LANES] = g[at + p] + momentum * mean;
            }
        }
        orthogonal(n, x, x + size, x + 2 * size, x + 3 * size);
        for (int k = 0; k < count; k++) {
            float *to = w + (tile + k) * size;
            const float *lane = (const float *)x + k;
            for (ptrdiff_t p = 0; p < size; p++) to[p] = keep * to[p] - rate * lane[p * LANES];
        }
    }
    free(x);
    return 0;
}

/* Adam on n numbers; `rate` and `root` carry the corrections of the start:
   w -= rate m / (sqrt(v root) + epsilon). */
void VARIANT(inr_adam)(ptrdiff_t n, float *restrict w, const float *restrict g, float *restrict m,
                       float *restrict v, float beta1, float beta2, float rate, float root, float epsilon) {
    for (ptrdiff_t p = 0; p < n; p++) {
        m[p] += (1.0f - beta1) * (g[p] - m[p]);
        v[p] = beta2 * v[p] + (1.0f - beta2) * g[p] * g[p];
        w[p] -= rate * m[p] / (sqrtf(v[p] * root) + epsilon);
    }
}
