#include "sinks/otlp_environment.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/status.h"

enum { DEFAULT_COUNT = 128, DEFAULT_BATCH = 512, SPANS_MS = 5000, LOGS_MS = 1000 };

static const uint64_t ms = 1000000;

const char *cti_otlp_variable(const char *name) {
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? NULL : text;
}

static bool read_digits(const char *text, uint32_t *ret_value) {
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9' && value <= UINT32_MAX; text++) {
        value = 10 * value + (uint64_t)(*text - '0');
    }
    *ret_value = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
    return *text == '\0' || value > UINT32_MAX;
}

static uint32_t read_number(const char *name, uint32_t otherwise) {
    static bool reported;
    const char *text = cti_otlp_variable(name);
    uint32_t value;
    if (text == NULL) {
        return otherwise;
    }
    if (!read_digits(text, &value)) {
        cti_complain_once(&reported, "%s: \"%s\": expected a whole number", name, text);
        return otherwise;
    }
    return value;
}

/* Nothing can be sent in batches of 0. */
static uint32_t read_batch(const char *name) {
    const uint32_t value = read_number(name, DEFAULT_BATCH);
    return value == 0 ? DEFAULT_BATCH : value;
}

static cti_otlp_limits read_limits(void) {
    const uint32_t length = read_number("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", UINT32_MAX);
    const uint32_t count = read_number("OTEL_ATTRIBUTE_COUNT_LIMIT", DEFAULT_COUNT);
    return (cti_otlp_limits){
        .attributes = read_number("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", count),
        .value_length = read_number("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", length),
        .log_attributes = read_number("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", count),
        .log_value_length = read_number("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", length),
        .events = read_number("OTEL_SPAN_EVENT_COUNT_LIMIT", DEFAULT_COUNT),
        .links = read_number("OTEL_SPAN_LINK_COUNT_LIMIT", DEFAULT_COUNT),
        .of_event = read_number("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", DEFAULT_COUNT),
    };
}

/* Whether the signal is not to be sent. */
static bool is_off(const char *name) {
    static bool reported;
    const char *text = cti_otlp_variable(name);
    if (text == NULL || strcmp(text, "otlp") == 0) {
        return false;
    }
    if (strcmp(text, "none") != 0) {
        cti_complain_once(&reported, "%s: \"%s\": there are otlp and none", name, text);
        return false;
    }
    return true;
}

static void complain_of_queue_size(const char *name) {
    static bool reported;
    if (cti_otlp_variable(name) != NULL) {
        cti_complain_once(&reported, "%s: queues are bounded in bytes here, 4 MiB each", name);
    }
}

void cti_otlp_environment_read(cti_otlp_environment *ret_environment) {
    const char *disabled = cti_otlp_variable("OTEL_SDK_DISABLED");
    const bool all_off = disabled != NULL && strcasecmp(disabled, "true") == 0;
    complain_of_queue_size("OTEL_BSP_MAX_QUEUE_SIZE");
    complain_of_queue_size("OTEL_BLRP_MAX_QUEUE_SIZE");
    *ret_environment = (cti_otlp_environment){
        .limits = read_limits(),
        .spans = {read_batch("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
                  read_number("OTEL_BSP_SCHEDULE_DELAY", SPANS_MS) * ms},
        .logs = {read_batch("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
                 read_number("OTEL_BLRP_SCHEDULE_DELAY", LOGS_MS) * ms},
        .no_spans = all_off || is_off("OTEL_TRACES_EXPORTER"),
        .no_logs = all_off || is_off("OTEL_LOGS_EXPORTER"),
    };
}
