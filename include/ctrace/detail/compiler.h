/* What differs between compilers, in one place. Not for use by programs. */
#ifndef CTRACE_DETAIL_COMPILER_H
#define CTRACE_DETAIL_COMPILER_H

#if defined(__GNUC__) || defined(__clang__)
#define CTRACE_API                __attribute__((visibility("default")))
#define CTRACE_MUST_USE           __attribute__((warn_unused_result))
#define CTRACE_I_PRINTF(at, dots) __attribute__((format(printf, at, dots)))
#define CTRACE_I_UNUSED           __attribute__((unused))
#define CTRACE_I_COLD             __attribute__((cold, noinline))
#define CTRACE_I_NOINLINE         __attribute__((noinline))
#define CTRACE_I_LIKELY(x)        __builtin_expect(!!(x), 1)
#define CTRACE_I_UNLIKELY(x)      __builtin_expect(!!(x), 0)
#define CTRACE_I_LOAD_WORD(at)    __atomic_load_n((at), __ATOMIC_RELAXED)
#define CTRACE_I_LOAD_BYTE(at)    __atomic_load_n((at), __ATOMIC_RELAXED)
#if !defined(CTRACE_I_NO_CLEANUP)
#define CTRACE_I_CLEANUP(function) __attribute__((cleanup(function), unused))
#endif
#else
#define CTRACE_API
#define CTRACE_MUST_USE
#define CTRACE_I_PRINTF(at, dots)
#define CTRACE_I_UNUSED
#define CTRACE_I_COLD
#define CTRACE_I_NOINLINE
#define CTRACE_I_LIKELY(x)     (x)
#define CTRACE_I_UNLIKELY(x)   (x)
#define CTRACE_I_LOAD_WORD(at) (*(const volatile unsigned *)(at))
#define CTRACE_I_LOAD_BYTE(at) (*(const volatile unsigned char *)(at))
#endif

#if defined(__cplusplus)
#define CTRACE_I_BEGIN_C extern "C" {
#define CTRACE_I_END_C   }
#else
#define CTRACE_I_BEGIN_C
#define CTRACE_I_END_C
#endif

#endif
