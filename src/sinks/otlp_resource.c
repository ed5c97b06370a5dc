#include "sinks/otlp_resource.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/percent.h"
#include "core/process.h"
#include "core/status.h"
#include "ctrace/trace.h"
#include "encode/notice.h"
#include "encode/otlp_value.h"
#include "sinks/otlp_environment.h"

/* ---- What is said ---- */

static bool is_said(const cti_otlp_resource *resource, const char *key) {
    for (uint32_t i = 0; i < resource->count; i++) {
        if (strcmp(resource->said[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static void say(cti_otlp_resource *resource, const char *key, const char *value) {
    if (resource->count < CTI_OTLP_RESOURCE_MOST && !is_said(resource, key)) {
        resource->said[resource->count].key = key;
        resource->said[resource->count].value = value;
        resource->count++;
    }
}

/* Decodes in place; false for a percent sign without two digits, or one that means a NUL. */
static bool decode(char *text) {
    char *out = text;
    const char *end = text + strlen(text);
    while (text < end) {
        char byte = *text;
        if (byte != '%') {
            text++;
        } else if (cti_percent_get(text, (size_t)(end - text), &byte) && byte != '\0') {
            text += CTI_PERCENT_SIZE;
        } else {
            return false;
        }
        *out++ = byte;
    }
    *out = '\0';
    return true;
}

static char *trim(char *text) {
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t')) {
        size--;
    }
    text[size] = '\0';
    return text;
}

static bool say_pair(cti_otlp_resource *resource, char *pair) {
    char *equals = strchr(pair, '=');
    if (equals == NULL) {
        return *trim(pair) == '\0'; /* nothing between two commas */
    }
    *equals = '\0';
    char *key = trim(pair);
    char *value = trim(equals + 1);
    if (*key == '\0' || !decode(key) || !decode(value)) {
        return false;
    }
    say(resource, key, value);
    return true;
}

/* One mistake, and none of it counts, as the specification has it. */
static void say_all(cti_otlp_resource *resource) {
    static bool reported;
    const uint32_t before = resource->count;
    char *at = resource->text;
    while (at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma = '\0';
        }
        if (!say_pair(resource, at)) {
            resource->count = before;
            cti_complain_once(&reported, "OTEL_RESOURCE_ATTRIBUTES: expected key=value,key=value, "
                                         "percent-encoded");
            return;
        }
        at = comma == NULL ? NULL : comma + 1;
    }
}

bool cti_otlp_resource_init(cti_otlp_resource *resource, const char *service_name) {
    const char *name = service_name != NULL ? service_name : cti_otlp_variable("OTEL_SERVICE_NAME");
    const char *text = cti_otlp_variable("OTEL_RESOURCE_ATTRIBUTES");
    memset(resource, 0, sizeof *resource);
    resource->service_name = name == NULL ? NULL : cti_copy_text(name, strlen(name));
    resource->text = text == NULL ? NULL : cti_copy_text(text, strlen(text));
    if ((name != NULL && resource->service_name == NULL) ||
        (text != NULL && resource->text == NULL)) {
        cti_otlp_resource_release(resource);
        return false;
    }
    if (name != NULL) {
        say(resource, "service.name", resource->service_name);
    }
    say_all(resource);
    return true;
}

void cti_otlp_resource_release(cti_otlp_resource *resource) {
    cti_free(resource->service_name);
    cti_free(resource->text);
    memset(resource, 0, sizeof *resource);
}

/* ---- What is written ---- */

static void put(cti_otlp_pen *pen, const char *key, const char *value) {
    cti_otlp_text_attribute(pen, 1, key, strlen(key), value, strlen(value));
}

static void put_process_fields(cti_otlp_pen *pen, const cti_otlp_resource *resource) {
    const ctrace_fields *fields = cti_process_fields();
    const ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        const char *key = fields->keys[i];
        const bool is_last = ctrace_fields_find(fields, key) == &values[i]; /* of equal keys */
        if (is_last && !is_said(resource, key)) {
            cti_otlp_attribute(pen, 1, key, &values[i], UINT32_MAX);
        }
    }
}

static void put_unsaid(cti_otlp_pen *pen, const cti_otlp_resource *resource, const char *key,
                       const char *value) {
    if (!is_said(resource, key) && ctrace_fields_find(cti_process_fields(), key) == NULL) {
        put(pen, key, value);
    }
}

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Of the process that this is. */
static void put_here(cti_otlp_pen *pen, const cti_otlp_resource *resource) {
    char path[PATH_MAX];
    char host[256];
    char service[PATH_MAX + 32];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    path[size > 0 ? size : 0] = '\0';
    snprintf(service, sizeof service, "unknown_service%s%s", size > 0 ? ":" : "", file_name(path));
    put_unsaid(pen, resource, "service.name", service);
    if (size > 0) {
        put_unsaid(pen, resource, "process.executable.name", file_name(path));
        put_unsaid(pen, resource, "process.executable.path", path);
    }
    if (gethostname(host, sizeof host) == 0) {
        host[sizeof host - 1] = '\0';
        put_unsaid(pen, resource, "host.name", host);
    }
}

static void put_process_id(cti_otlp_pen *pen, const cti_otlp_resource *resource,
                           uint64_t process_id) {
    const ctrace_value value = {.as.u64 = process_id, .kind = CTRACE_VALUE_U64};
    if (process_id != 0 && !is_said(resource, "process.pid") &&
        ctrace_fields_find(cti_process_fields(), "process.pid") == NULL) {
        cti_otlp_attribute(pen, 1, "process.pid", &value, UINT32_MAX);
    }
}

void cti_otlp_put_resource(cti_otlp_pen *pen, const cti_otlp_resource *resource,
                           uint64_t process_id) {
    const size_t message = cti_otlp_begin(pen, 1, "resource");
    cti_otlp_list_begin(pen, "attributes");
    for (uint32_t i = 0; i < resource->count; i++) {
        put(pen, resource->said[i].key, resource->said[i].value);
    }
    put_process_fields(pen, resource);
    if (process_id == (uint64_t)getpid()) {
        put_here(pen, resource);
    } else {
        put_unsaid(pen, resource, "service.name", "unknown_service");
    }
    put_process_id(pen, resource, process_id);
    put_unsaid(pen, resource, "telemetry.sdk.name", "libctrace");
    put_unsaid(pen, resource, "telemetry.sdk.language", "c");
    put_unsaid(pen, resource, "telemetry.sdk.version", ctrace_version());
    cti_otlp_list_end(pen);
    cti_otlp_end(pen, message);
}
