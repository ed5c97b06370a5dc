#include "setup/otlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose/sampled.h"
#include "core/status.h"
#include "ctrace/filter.h"
#include "ctrace/writer.h"
#include "sinks/otlp.h"

static bool is_url(const char *output) {
    return strncmp(output, "http://", 7) == 0 || strncmp(output, "https://", 8) == 0;
}

/* A URL without a format is a collector's. */
bool cti_wants_otlp(const cti_settings *settings) {
    const char *format = settings->format.text, *output = settings->output.text;
    return format == NULL ? output != NULL && is_url(output) : strcmp(format, "otlp") == 0;
}

/* ---- What the environment says ---- */

/* A signal's own variable goes before that of all: OTEL_EXPORTER_OTLP_TRACES_HEADERS before
 * OTEL_EXPORTER_OTLP_HEADERS. */
static const char *exporter_variable(const char *signal, const char *what) {
    char name[64];
    snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s_%s", signal, what);
    const char *own = cti_otlp_variable(name);
    snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s", what);
    return own != NULL ? own : cti_otlp_variable(name);
}

/* Both signals speak the same. */
static int read_protocol(void) {
    static bool reported;
    static bool differs;
    const char *text = exporter_variable("TRACES", "PROTOCOL");
    const char *of_logs = exporter_variable("LOGS", "PROTOCOL");
    if (of_logs != NULL && strcmp(of_logs, text == NULL ? "http/protobuf" : text) != 0) {
        cti_complain_once(&differs,
                          "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: \"%s\": logs are sent as "
                          "traces are",
                          of_logs);
    }
    if (text == NULL || strcmp(text, "http/protobuf") == 0) {
        return CTRACE_OTLP_PROTOBUF;
    }
    if (strcmp(text, "http/json") == 0) {
        return CTRACE_OTLP_JSON;
    }
    cti_complain_once(&reported,
                      "OTEL_EXPORTER_OTLP_PROTOCOL: \"%s\": there are http/protobuf, which is sent "
                      "now, and http/json",
                      text);
    return CTRACE_OTLP_PROTOBUF;
}

static void complain_of_what_cannot_be(const char *signal) {
    static bool compression;
    static bool certificates;
    const char *compressed = exporter_variable(signal, "COMPRESSION");
    if (compressed != NULL && strcmp(compressed, "none") != 0) {
        cti_complain_once(&compression,
                          "OTEL_EXPORTER_OTLP_COMPRESSION: \"%s\": sent without compression",
                          compressed);
    }
    if (exporter_variable(signal, "CERTIFICATE") != NULL ||
        exporter_variable(signal, "CLIENT_KEY") != NULL ||
        exporter_variable(signal, "CLIENT_CERTIFICATE") != NULL) {
        cti_complain_once(&certificates, "OTEL_EXPORTER_OTLP_CERTIFICATE and its like: TLS is left "
                                         "to a collector on this machine");
    }
}

/* Milliseconds as nanoseconds; 0 when there are none. */
static uint64_t milliseconds(const char *name, const char *text) {
    static bool reported;
    char *end;
    const unsigned long long value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text != NULL && (*end != '\0' || *text == '-' || value > UINT32_MAX)) {
        cti_complain_once(&reported, "%s: \"%s\": expected milliseconds", name, text);
        return 0;
    }
    return (uint64_t)value * 1000000;
}

/* ---- Writers ---- */

static ctrace_writer *open_url(const char *url, const char *signal, const char *retry_variable) {
    complain_of_what_cannot_be(signal);
    const ctrace_http_writer_options options = {
        .headers = exporter_variable(signal, "HEADERS"),
        .timeout_ns =
            milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT", exporter_variable(signal, "TIMEOUT")),
        .retry_for_ns = milliseconds(retry_variable, cti_otlp_variable(retry_variable)),
    };
    return ctrace_http_writer_new(url, &options);
}

/* An endpoint of one signal is the whole URL, one of both gets the signal's path behind it. */
static ctrace_writer *open_signal(const char *base, const char *signal, const char *retry_variable,
                                  const char **path) {
    char name[64];
    snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s_ENDPOINT", signal);
    const char *own = base == NULL ? cti_otlp_variable(name) : NULL;
    const char *both = base != NULL ? base : cti_otlp_variable("OTEL_EXPORTER_OTLP_ENDPOINT");
    *path = own != NULL ? "" : *path;
    return open_url(own != NULL    ? own
                    : both != NULL ? both
                                   : "http://localhost:4318",
                    signal, retry_variable);
}

static ctrace_subscriber *make_http(const char *base) {
    cti_otlp_ways ways = {.traces_path = "/v1/traces", .logs_path = "/v1/logs"};
    const ctrace_otlp_options options = {.protocol = read_protocol()};
    ways.traces = open_signal(base, "TRACES", "OTEL_BSP_EXPORT_TIMEOUT", &ways.traces_path);
    ways.logs = open_signal(base, "LOGS", "OTEL_BLRP_EXPORT_TIMEOUT", &ways.logs_path);
    return cti_otlp_new(&ways, &options);
}

/* ---- The sink ---- */

static bool has_endpoint(void) {
    return cti_otlp_variable("OTEL_EXPORTER_OTLP_ENDPOINT") != NULL ||
           cti_otlp_variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != NULL ||
           cti_otlp_variable("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") != NULL;
}

static ctrace_status make_lines(const cti_settings *settings, ctrace_subscriber **ret_sink) {
    ctrace_writer *writer;
    const ctrace_status status = cti_choose_writer(settings, &writer);
    if (status != CTRACE_OK) {
        return status;
    }
    *ret_sink = ctrace_otlp_new(writer, NULL);
    return *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
}

/* A URL that cannot be is reported, and lines to standard error stand in. */
static ctrace_status make_lines_instead(const cti_settings *settings,
                                        ctrace_subscriber **ret_sink) {
    static bool reported;
    const cti_setting *output = &settings->output;
    if (output->text != NULL) {
        const ctrace_status status = cti_setting_refuse(output, CTRACE_EINVAL, "\"%s\": %s",
                                                        output->text, ctrace_last_error());
        if (status != CTRACE_OK) {
            return status;
        }
    } else {
        cti_complain_once(&reported, "OTEL_EXPORTER_OTLP_ENDPOINT: %s", ctrace_last_error());
    }
    *ret_sink = settings->format.text == NULL ? ctrace_text_new(ctrace_stderr_writer_new(), NULL)
                                              : ctrace_otlp_new(ctrace_stderr_writer_new(), NULL);
    return *ret_sink == NULL ? CTRACE_ENOMEM : CTRACE_OK;
}

ctrace_status cti_choose_otlp(const cti_settings *settings, ctrace_subscriber **ret_sink) {
    const char *output = settings->output.text;
    if (output == NULL ? !has_endpoint() : !is_url(output)) {
        return make_lines(settings, ret_sink);
    }
    *ret_sink = make_http(output);
    return *ret_sink != NULL ? CTRACE_OK : make_lines_instead(settings, ret_sink);
}

/* ---- The sampler ---- */

static double read_ratio(void) {
    static bool reported;
    const char *text = cti_otlp_variable("OTEL_TRACES_SAMPLER_ARG");
    char *end = NULL;
    const double ratio = text == NULL ? 1 : strtod(text, &end);
    if (text == NULL || (*end == '\0' && ratio >= 0 && ratio <= 1)) {
        return ratio;
    }
    cti_complain_once(&reported, "OTEL_TRACES_SAMPLER_ARG: \"%s\": expected 0 to 1", text);
    return 1;
}

static const struct sampler {
    const char *name;
    bool is_parent_based;
    double ratio; /* below 0: OTEL_TRACES_SAMPLER_ARG */
} samplers[] = {{"always_on", false, 1},
                {"always_off", false, 0},
                {"traceidratio", false, -1},
                {"parentbased_always_on", true, 1},
                {"parentbased_always_off", true, 0},
                {"parentbased_traceidratio", true, -1}};

ctrace_subscriber *cti_otlp_sampled(ctrace_subscriber *subscriber) {
    static bool reported;
    const char *text = cti_otlp_variable("OTEL_TRACES_SAMPLER");
    for (size_t i = 0; text != NULL && i < sizeof samplers / sizeof samplers[0]; i++) {
        const struct sampler *found = &samplers[i];
        if (strcmp(found->name, text) == 0) {
            const double ratio = found->ratio < 0 ? read_ratio() : found->ratio;
            return found->is_parent_based ? cti_sampled_here_new(subscriber, ratio)
                                          : ctrace_sampled_new(subscriber, ratio);
        }
    }
    if (text != NULL) {
        cti_complain_once(&reported, "OTEL_TRACES_SAMPLER: there is no \"%s\" here", text);
    }
    return subscriber;
}
