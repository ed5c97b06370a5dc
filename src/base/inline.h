/* For the few functions whose calls would cost more than what they do. */
#ifndef CTI_BASE_INLINE_H
#define CTI_BASE_INLINE_H

#if defined(__GNUC__)
#define CTI_ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define CTI_ALWAYS_INLINE inline
#endif

#endif
