#include "core/thread.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/fence.h"
#include "base/lock.h"
#include "base/memory.h"
#include "core/block.h"
#include "core/dispatch.h"
#include "core/registry.h"
#include "core/stats.h"
#include "core/traits.h"

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

CTI_TLS cti_thread cti_self = {.scope = &cti_no_scope};

/* The last round but one of _POSIX_THREAD_DESTRUCTOR_ITERATIONS: in the last one, ThreadSanitizer
 * has finished with the thread already, and everything it would look at kills the program. */
enum { LAST_ENDING = 3 };

static cti_thread *threads;
static int64_t thread_count;
static pthread_key_t key;
static bool key_made;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- Coming and going ---- */

static void count_threads(int64_t more) {
    thread_count += more;
    cti_count(CTI_THREADS, more);
}

static void forget_thread(cti_thread *self) {
    const bool taken = cti_roster_take();
    *self->link = self->next;
    if (self->next != NULL) {
        self->next->link = self->link;
    }
    count_threads(-1);
    if (taken) {
        cti_roster_give();
    }
}

static void end_locals(cti_thread *self) {
    while (self->locals != NULL) {
        cti_local *local = self->locals;
        self->locals = local->next;
        local->thread_ended(local);
    }
}

/* Runs in each round of destructors from the first on, so that `endings` counts the rounds: what
 * emits after us makes the thread known once more, and there must be another round to forget it. */
static void on_thread_end(void *argument) {
    cti_thread *self = argument;
    self->endings += 1;
    if (self->endings < LAST_ENDING) {
        pthread_setspecific(key, self);
    }
    if (self->section == 0) {
        return;
    }
    cti_thread_stand(self, &self->own);
    cti_scope_end(&self->own);
    cti_section_enter(self); /* from here on a handler finds nothing, and makes nothing */
    cti_route_forget(&self->route);
    end_locals(self);
    cti_blocks_release(self);
    ctrace_buf_free(self->scratch);
    self->scratch = NULL;
    forget_thread(self);
    self->section = 0;
    self->scope = &cti_no_scope;
}

static bool taken_for_fork; /* not when on_callsite forks, which holds it already */
static bool roster_taken_for_fork;

static void before_fork(void) {
    const bool taken = cti_registry_take();
    taken_for_fork = taken;
    const bool roster_taken = cti_roster_take();
    roster_taken_for_fork = roster_taken;
}

static void after_fork_in_parent(void) {
    if (roster_taken_for_fork) {
        cti_roster_give();
    }
    if (taken_for_fork) {
        cti_registry_give();
    }
}

/* Only the thread that forked is here. What the others held of the library is forgotten. */
static void after_fork_in_child(void) {
    cti_thread *self = &cti_self;
    const bool known = self->section != 0;
    count_threads((known ? 1 : 0) - thread_count);
    threads = known ? self : NULL;
    if (known) {
        self->next = NULL;
        self->link = &threads;
    }
    self->about.id = 0;
    cti_route_forget(&self->route);
    self->locals = NULL; /* their owners see to those of the parent's threads */
    memset(&self->random, 0,
           sizeof self->random); /* two processes must not draw the same identities */
    cti_scope_after_fork(known ? &self->own : NULL);
    cti_registry_after_fork();
}

static void prepare_process(void) {
    key_made = pthread_key_create(&key, on_thread_end) == 0;
    cti_fork_generation(); /* its handlers run before ours in a child, which may take locks */
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* A handler may come here that interrupted malloc(). The process was prepared when somebody first
 * listened; the C libraries allocate nothing for a key, but glibc does for those after the first
 * 32. */
static bool know_thread(cti_thread *self) {
    pthread_once(&once, prepare_process);
    if (!key_made || self->endings >= LAST_ENDING || pthread_setspecific(key, self) != 0 ||
        !cti_roster_take()) {
        return false;
    }
    self->fence = cti_light_fence_is_heavy();
    self->next = threads;
    self->link = &threads;
    if (threads != NULL) {
        threads->link = &self->next;
    }
    threads = self;
    count_threads(1);
    cti_roster_give();
    return true;
}

cti_thread *cti_thread_first(void) {
    return threads;
}

static void begin(cti_thread *self) {
    if (know_thread(self)) {
        cti_scope_begin(&self->own);
        self->scope = &self->own;
        self->block_room = CTI_BLOCK_BYTES_KEPT;
        cti_store_relaxed(&self->section, 1); /* others look already */
    }
}

bool cti_section_enter_slowly(cti_thread *self) {
    if (self->section != 0 || self->beginning) {
        return false;
    }
    cti_store_relaxed(&self->beginning, true);
    cti_compiler_barrier();
    begin(self);
    cti_compiler_barrier();
    cti_store_relaxed(&self->beginning, false);
    return self->section != 0 && cti_section_enter(self);
}

ctrace_status ctrace_thread_prepare(void) {
    cti_thread *self = &cti_self;
    const bool entered = cti_section_enter(self);
    if (!entered && !cti_section_inside(self)) {
        return CTRACE_ENOMEM;
    }
    const cti_tree *tree = cti_listener(self);
    const bool prepared = cti_scope_prepare(self->scope) && cti_blocks_prepare(self) &&
                          (tree == NULL || cti_traits_prepare(tree, self));
    if (entered) {
        cti_section_leave(self);
    }
    return prepared ? CTRACE_OK : CTRACE_ENOMEM;
}

/* ---- What a thread is called ---- */

static uint64_t system_thread_id(void) {
#if defined(SYS_gettid)
    return (uint64_t)syscall(SYS_gettid);
#else
    return (uint64_t)(uintptr_t)pthread_self();
#endif
}

static void read_name(char *ret_name, size_t size) {
    ret_name[0] = '\0';
#if defined(__linux__)
    char name[16] = "";
    if (prctl(PR_GET_NAME, name) == 0) {
        memcpy(ret_name, name, size < sizeof name ? size : sizeof name);
    }
#else
    (void)size;
#endif
}

const ctrace_thread *cti_thread_about(cti_thread *self) {
    if (self->about.id == 0) {
        read_name(self->name, sizeof self->name);
        self->about.id = system_thread_id();
        self->about.process_id = (uint64_t)getpid();
        self->about.name = self->name;
    }
    return &self->about;
}
