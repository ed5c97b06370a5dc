/* What a sanitizer in this build does not allow. */
#ifndef TEST_SUPPORT_SANITIZED_H
#define TEST_SUPPORT_SANITIZED_H

#include <stdbool.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_HAS_THREAD_SANITIZER
#endif
#if __has_feature(address_sanitizer)
#define TEST_HAS_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define TEST_HAS_THREAD_SANITIZER
#elif defined(__SANITIZE_ADDRESS__)
#define TEST_HAS_ADDRESS_SANITIZER
#endif

/* Everything takes several times as long. */
static inline bool is_sanitized(void) {
#if defined(TEST_HAS_THREAD_SANITIZER) || defined(TEST_HAS_ADDRESS_SANITIZER)
    return true;
#else
    return false;
#endif
}

/* ThreadSanitizer ends a child that was forked while there were threads when it starts one. */
static inline bool may_start_threads_after_fork(void) {
#if defined(TEST_HAS_THREAD_SANITIZER)
    return false;
#else
    return true;
#endif
}

/* ThreadSanitizer has finished with a thread before the last round of its destructors. */
static inline bool may_run_in_the_last_round(void) {
    return may_start_threads_after_fork();
}

/* The sanitizers' own allocator may be locked for ever in a child that was forked while another
 * thread was allocating: ThreadSanitizer's before LLVM 19 (llvm-project, pull request 96600), too.
 */
static inline bool may_allocate_after_fork(void) {
    return !is_sanitized();
}

#endif
