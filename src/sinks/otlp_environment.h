/* What the environment says to OTLP sinks, in the variables that OpenTelemetry's specification
 * names: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. */
#ifndef CTI_SINKS_OTLP_ENVIRONMENT_H
#define CTI_SINKS_OTLP_ENVIRONMENT_H

#include "encode/otlp_value.h"

/* When a batch is sent. */
typedef struct cti_otlp_pace {
    uint32_t records; /* as soon as it has so many */
    uint64_t age_ns;  /* as soon as its first record is that old */
} cti_otlp_pace;

typedef struct cti_otlp_environment {
    cti_otlp_limits limits;
    cti_otlp_pace spans, logs;
    bool no_spans, no_logs;
} cti_otlp_environment;

/* Reads it; what is not set, or is no number, has the specification's default, and what is no
 * number is reported once on standard error. */
void cti_otlp_environment_read(cti_otlp_environment *ret_environment);

/* The value of a variable; NULL when it is not set, or empty. */
const char *cti_otlp_variable(const char *name);

#endif
