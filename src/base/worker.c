#include "base/worker.h"

#include <signal.h>
#include <string.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/prctl.h>
#endif

bool cti_worker_start(pthread_t *ret_thread, void *(*function)(void *), void *argument) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* a new thread starts with its creator's mask */
    const bool started = pthread_create(ret_thread, NULL, function, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void *try_to_keep(void *processor) {
    return cti_worker_keep_to(*(const unsigned *)processor) ? processor : NULL;
}

bool cti_worker_may_keep_to(unsigned processor) {
    pthread_t thread;
    void *kept = NULL;
    return cti_worker_start(&thread, try_to_keep, &processor) && pthread_join(thread, &kept) == 0 &&
           kept != NULL;
}

#if defined(__linux__)

enum { PROCESSORS = 4096 };

void cti_worker_name(const char *name) {
    char cut[16]; /* all that the system keeps */
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = '\0';
    prctl(PR_SET_NAME, cut);
}

bool cti_worker_can_keep_to(void) {
    return true;
}

bool cti_worker_keep_to(unsigned processor) {
    unsigned long mask[PROCESSORS / (8 * sizeof(unsigned long))] = {0};
    const unsigned bits = 8 * sizeof mask[0];
    if (processor >= PROCESSORS) {
        return false;
    }
    mask[processor / bits] = 1ul << (processor % bits);
    return sched_setaffinity(0, sizeof mask, (const cpu_set_t *)(const void *)mask) == 0;
}

#else

void cti_worker_name(const char *name) {
#if defined(__APPLE__)
    pthread_setname_np(name);
#else
    (void)name;
#endif
}

bool cti_worker_can_keep_to(void) {
    return false;
}

bool cti_worker_keep_to(unsigned processor) {
    (void)processor;
    return false;
}

#endif
