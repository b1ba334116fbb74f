/* Which of the compiled variants this processor can run.  Compiled without special flags. */

const char *inr_variant(void) {
#if defined(ONE_VARIANT)
    return "base";
#else
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
    return "base";
#endif
}

/* The hash of the sources that this library was made from. */
const char *inr_sources(void) { return SOURCES; }
