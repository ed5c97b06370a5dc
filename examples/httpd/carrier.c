#include "carrier.h"

#include <strings.h>

static const char *get(void *head, const char *name, size_t i) {
    return head_get(head, name, i);
}

bool carrier_extract(const struct head *head, ctrace_remote *ret_remote) {
    return ctrace_extract(get, (void *)head, ret_remote);
}

static void put(void *text, const char *name, const char *value) {
    text_put_field(text, name, value);
}

void carrier_inject(struct text *text) {
    ctrace_inject(put, text);
}

bool carrier_has(const char *name) {
    return strcasecmp(name, "traceparent") == 0 || strcasecmp(name, "tracestate") == 0 ||
           strcasecmp(name, "baggage") == 0;
}
