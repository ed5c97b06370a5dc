/* The event that lttng.c emits, as LTTng wants it described. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_event.h"

#if !defined(LTTNG_EVENT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LTTNG_EVENT_H

#include <stdint.h>

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    bench, request_done, LTTNG_UST_TP_ARGS(int32_t, count, double, ratio, const char *, what),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int32_t, count, count)
                            lttng_ust_field_float(double, ratio, ratio)
                                lttng_ust_field_string(what, what)))

#endif

#include <lttng/tracepoint-event.h>
