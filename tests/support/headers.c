#include "support/headers.h"

#include <stdio.h>
#include <string.h>

const char *headers_get(void *self, const char *name, size_t i) {
    headers *all = self;
    for (size_t at = 0; at < all->count; at++) {
        if (strcmp(all->name[at], name) == 0 && i-- == 0) {
            return all->value[at];
        }
    }
    return NULL;
}

void headers_set(void *self, const char *name, const char *value) {
    headers *all = self;
    if (all->count < HEADERS_MOST) {
        snprintf(all->name[all->count], sizeof all->name[0], "%s", name);
        snprintf(all->value[all->count], sizeof all->value[0], "%s", value);
        all->count += 1;
    }
}

const char *headers_first(headers *self, const char *name) {
    const char *first = headers_get(self, name, 0);
    return first == NULL ? "" : first;
}
