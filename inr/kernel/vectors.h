/* Vectors of 16 floats, and the few operations on them that C has no word for.

   GCC and Clang lower them to whatever the processor has: one AVX-512 register, two of AVX,
   four of SSE or NEON.  The flags of the compiler say which; see `dispatch.c`. */
#ifndef INR_VECTORS_H
#define INR_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));

INLINE vf load(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
INLINE void store(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#else
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

/* fold8 .. fold1 halve the number of lanes that a sum is spread over, for two vectors at once:
   a's partial sums end up before b's. */
INLINE vf fold8(vf a, vf b) {
    return SHUFFLE(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
         + SHUFFLE(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
}
INLINE vf fold4(vf a, vf b) {
    return SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
         + SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
}
INLINE vf fold2(vf a, vf b) {
    return SHUFFLE(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29)
         + SHUFFLE(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
}
INLINE vf fold1(vf a, vf b) {
    return SHUFFLE(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
         + SHUFFLE(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
/* The sums of 8 vectors' lanes, in order. */
INLINE void sums8(const vf *v, float *out) {
    vf a = fold8(v[0], v[1]), b = fold8(v[2], v[3]), c = fold8(v[4], v[5]), d = fold8(v[6], v[7]);
    vf s = fold2(fold4(a, b), fold4(c, d));
    s = fold1(s, s);
    memcpy(out, &s, 8 * sizeof(float));
}
INLINE float sum(vf v) {
    vf s = fold8(v, v);
    s = fold4(s, s);
    s = fold2(s, s);
    s = fold1(s, s);
    return s[0];
}

/* sin θ and cos θ to 2e-7 for |θ| < 10^4, and less and less well beyond 10^5.

   θ = k π + r with |r| <= π/2, π in three parts (Cody & Waite 1980); (-1)^k flips both.  The
   polynomials in r² are least-maximum fits of sin r and cos r on that range. */
INLINE void sine_cosine(vf theta, vf *sine, vf *cosine) {
    const vf magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer */
    vf turned = theta * 0.318309886f + magic;
    vf k = turned - magic;
    vi flip = (vi)turned << 31;
    vf r = theta - k * 3.140625f;
    r = r - k * 9.67502593994140625e-4f;
    r = r - k * 1.509957990978376432e-7f;
    vf q = r * r;
    vf s = r + (r * q) * (-1.666665702e-01f + q * (8.333015416e-03f
         + q * (-1.980647882e-04f + q * 2.599751476e-06f)));
    vf c = 1.0f + q * (-4.999993176e-01f + q * (4.166397360e-02f
         + q * (-1.385579780e-03f + q * 2.319126684e-05f)));
    *sine = (vf)((vi)s ^ flip);
    *cosine = (vf)((vi)c ^ flip);
}

#endif
