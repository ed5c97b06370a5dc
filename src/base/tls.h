/* Static thread-local storage where it can be had: a plain load from the thread pointer, also from
 * a shared library. */
#ifndef CTI_BASE_TLS_H
#define CTI_BASE_TLS_H

#if defined(__GLIBC__) && defined(__GNUC__)
#define CTI_TLS _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define CTI_TLS _Thread_local
#endif

#endif
