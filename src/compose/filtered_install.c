#include "base/lock.h"
#include "compose/filtered.h"
#include "core/status.h"
#include "ctrace/subscriber.h"

static cti_lock lock = CTI_LOCK_INIT;
static ctrace_subscriber *installed;

void cti_filtered_install(ctrace_subscriber *filtered) {
    ctrace_subscriber_ref(filtered);
    cti_lock_take(&lock);
    ctrace_subscriber *old = installed;
    installed = filtered;
    cti_lock_give(&lock);
    ctrace_subscriber_unref(old);
}

static ctrace_subscriber *installed_ref(void) {
    cti_lock_take(&lock);
    ctrace_subscriber *filtered = ctrace_subscriber_ref(installed);
    cti_lock_give(&lock);
    return filtered;
}

ctrace_status ctrace_set_filter(const char *directives) {
    ctrace_filter *filter;
    const ctrace_status parsed = ctrace_filter_parse(directives, &filter, NULL);
    if (parsed != CTRACE_OK) {
        return parsed;
    }
    ctrace_subscriber *filtered = installed_ref();
    if (filtered == NULL) {
        ctrace_filter_unref(filter);
        return cti_fail(CTRACE_EINVAL, "ctrace_init() has installed nothing to filter");
    }
    const ctrace_status status = ctrace_filter_reload(filtered, filter);
    ctrace_subscriber_unref(filtered);
    return status;
}
