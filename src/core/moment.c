#include "base/clock.h"
#include "base/wallclock.h"
#include "core/event.h"

uint64_t ctrace_moment_time_ns(const ctrace_moment *moment) {
    ctrace_moment *own = (ctrace_moment *)(uintptr_t)moment; /* on this thread's stack */
    if (own->time_ns == 0) {
        own->time_ns = cti_wallclock_ns();
    }
    return own->time_ns;
}

uint64_t ctrace_moment_monotonic_ns(const ctrace_moment *moment) {
    ctrace_moment *own = (ctrace_moment *)(uintptr_t)moment;
    if (own->monotonic_ns == 0) {
        own->monotonic_ns = cti_clock_monotonic_ns();
    }
    return own->monotonic_ns;
}

const ctrace_thread *ctrace_moment_thread(const ctrace_moment *moment) {
    return moment->about != NULL ? moment->about : cti_thread_about(moment->thread);
}

uint64_t ctrace_moment_task_id(const ctrace_moment *moment) {
    return moment->task_id;
}
