/* Who speaks: OTLP's resource. */
#ifndef CTI_SINKS_OTLP_RESOURCE_H
#define CTI_SINKS_OTLP_RESOURCE_H

#include "encode/otlp_pen.h"

enum { CTI_OTLP_RESOURCE_MOST = 64 };

/* What was said of it in words; the first of equal keys counts. */
typedef struct cti_otlp_resource {
    char *text; /* the environment's, decoded; keys and values lie in it */
    char *service_name;
    uint32_t count;
    struct {
        const char *key, *value;
    } said[CTI_OTLP_RESOURCE_MOST];
} cti_otlp_resource;

/* Collects what is said: service_name (NULL: nothing), OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
 * False when there is no memory. */
bool cti_otlp_resource_init(cti_otlp_resource *resource, const char *service_name);
void cti_otlp_resource_release(cti_otlp_resource *resource);

/* Appends the message "resource": what was said, the process-wide fields, then what can be found
 * out, as far as nobody said it.
 *
 * process_id  Of the process that the records come from. Of another one, whose recording is read,
 *             not much can be found out. */
void cti_otlp_put_resource(cti_otlp_pen *pen, const cti_otlp_resource *resource,
                           uint64_t process_id);

#endif
