/* ctrace_init(): a filter, a writer and a sink, as options and environment ask for. */
#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "compose/sampled.h"
#include "context/environment.h"
#include "core/dispatch.h"
#include "core/process.h"
#include "core/sampling.h"
#include "core/shutdown.h"
#include "core/status.h"
#include "ctrace/deferred.h"
#include "ctrace/filter.h"
#include "ctrace/writer.h"
#include "setup/otlp.h"
#include "setup/settings.h"

/* What ctrace_init() installed last. Only compared: it may be gone. */
static ctrace_subscriber *installed;

/* ---- Options ---- */

static bool all_zero(const uintptr_t *words, size_t count) {
    uintptr_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= words[i];
    }
    return any == 0;
}

static bool whole(const ctrace_allocator *allocator) {
    return allocator->alloc != NULL && allocator->resize != NULL && allocator->free != NULL;
}

static ctrace_status check(const ctrace_options *options) {
    if (!all_zero(options->reserved, sizeof options->reserved / sizeof options->reserved[0])) {
        return cti_fail(CTRACE_EINVAL, "options.reserved is not zero: was the struct cleared?");
    }
    if (!(options->sample_ratio >= 0 && options->sample_ratio <= 1)) {
        return cti_fail(CTRACE_EINVAL, "options.sample_ratio is %g: expected 0 to 1",
                        options->sample_ratio);
    }
    if (options->allocator != NULL && !whole(options->allocator)) {
        return cti_fail(CTRACE_EINVAL, "options.allocator lacks a function");
    }
    return CTRACE_OK;
}

static ctrace_status adopt(const ctrace_options *options) {
    ctrace_status status = check(options);
    if (status == CTRACE_OK && options->allocator != NULL && !cti_memory_use(options->allocator)) {
        status = cti_fail(CTRACE_ENOMEM, "no memory for the allocator's table");
    }
    if (status == CTRACE_OK && options->fields != NULL) {
        status = cti_process_fields_set(options->fields);
    }
    return status;
}

/* ---- Building ---- */

static ctrace_status build_sink(const cti_settings *settings, ctrace_subscriber **ret_sink) {
    if (cti_wants_otlp(settings)) {
        return cti_choose_otlp(settings, ret_sink);
    }
    ctrace_writer *writer;
    const ctrace_status status = cti_choose_writer(settings, &writer);
    return status != CTRACE_OK ? status : cti_choose_sink(settings, writer, ret_sink);
}

/* Whether a thread of the library is to do the sink's work. */
static ctrace_status choose_deferred(const cti_settings *settings, bool *ret_deferred) {
    const cti_setting *setting = &settings->deferred;
    *ret_deferred = setting->text != NULL && strcmp(setting->text, "1") == 0;
    if (setting->text != NULL && !*ret_deferred && strcmp(setting->text, "0") != 0) {
        return cti_setting_refuse(setting, CTRACE_EINVAL, "\"%s\": expected 0 or 1", setting->text);
    }
    return CTRACE_OK;
}

/* The filter is outside: what it does not let through takes no room in the queue. */
static ctrace_status build_queue(const cti_settings *settings, ctrace_subscriber **ret_sink) {
    bool deferred;
    ctrace_status status = choose_deferred(settings, &deferred);
    if (status == CTRACE_OK) {
        status = build_sink(settings, ret_sink);
    }
    if (status == CTRACE_OK && deferred) {
        *ret_sink = ctrace_deferred_new(*ret_sink, NULL);
        status = *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
    }
    return status;
}

/* Traces are chosen before the queue: the others take no room in it. The filter stays outermost,
 * for ctrace_set_filter(). */
static ctrace_status build_sampled(const cti_settings *settings, ctrace_subscriber **ret_sink) {
    ctrace_status status = build_queue(settings, ret_sink);
    if (status == CTRACE_OK && settings->sample_ratio > 0 && settings->sample_ratio < 1) {
        *ret_sink = cti_sampled_here_new(*ret_sink, settings->sample_ratio);
        status = *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
    } else if (status == CTRACE_OK && settings->sample_ratio == 0 && cti_wants_otlp(settings)) {
        *ret_sink = cti_otlp_sampled(*ret_sink);
        status = *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
    }
    return status;
}

static ctrace_status build(const cti_settings *settings, ctrace_subscriber **ret_built) {
    ctrace_filter *filter;
    ctrace_status status = cti_choose_filter(settings, &filter);
    if (status != CTRACE_OK) {
        return status;
    }
    ctrace_subscriber *sink;
    status = build_sampled(settings, &sink);
    if (status != CTRACE_OK) {
        ctrace_filter_unref(filter);
        return status;
    }
    *ret_built = ctrace_filtered_new(sink, filter);
    return *ret_built == NULL ? CTRACE_ENOMEM : CTRACE_OK;
}

/* Where this process comes from, and what it says of the traces that begin here. */
static ctrace_status join_traces(const cti_settings *settings) {
    const ctrace_status status = cti_environment_join(settings->traceparent.text);
    const double ratio = settings->sample_ratio;
    cti_sampling_announce(ratio > 0 ? ratio : 1);
    return status != CTRACE_EPARSE
               ? status
               : cti_setting_refuse(&settings->traceparent, status,
                                    "\"%s\": expected 00-<trace id>-<span id>-<flags>",
                                    settings->traceparent.text);
}

static bool somebody_listens(void) {
    ctrace_subscriber *global = cti_global_ref();
    ctrace_subscriber_unref(global);
    return global != NULL;
}

static ctrace_status begin(const ctrace_options *options) {
    static const ctrace_options nothing;
    const ctrace_options *said = options == NULL ? &nothing : options;
    cti_settings settings;
    ctrace_subscriber *built;
    if (somebody_listens()) {
        return cti_fail(CTRACE_EALREADY, "somebody listens already");
    }
    ctrace_status status = adopt(said);
    if (status != CTRACE_OK) {
        return status;
    }
    cti_settings_read(&settings, said);
    status = build(&settings, &built);
    if (status != CTRACE_OK) {
        return status;
    }
    status = join_traces(&settings);
    if (status != CTRACE_OK) {
        ctrace_subscriber_unref(built);
        return status;
    }
    cti_store_relaxed(&installed, built);
    cti_shutdown_at_exit_within(said->shutdown_timeout_ns);
    return ctrace_set_global(built);
}

ctrace_status ctrace_init(void) {
    return begin(NULL);
}

ctrace_status ctrace_init_with(const ctrace_options *options) {
    return begin(options);
}

/* ---- Changing one's mind ---- */

ctrace_status ctrace_set_filter(const char *directives) {
    ctrace_subscriber *global = cti_global_ref();
    ctrace_filter *filter;
    ctrace_status status;
    if (global == NULL || global != cti_load_relaxed(&installed)) {
        status = cti_fail(CTRACE_EINVAL, "ctrace_init() has installed nothing that listens now");
    } else {
        status = ctrace_filter_parse(directives, &filter, NULL);
        if (status == CTRACE_OK) {
            status = ctrace_filter_reload(global, filter);
        }
    }
    ctrace_subscriber_unref(global);
    return status;
}
