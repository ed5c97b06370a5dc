/* Baggage: what the program wants to travel with a request, as the W3C's header of that name has
 * it. Here is what it is and who holds it; context/baggage.h reads and makes it. */
#ifndef CTI_CORE_BAGGAGE_H
#define CTI_CORE_BAGGAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cti_baggage_member {
    const char *text;  /* in the header: "key=value", then perhaps properties */
    const char *value; /* decoded, NUL-terminated */
    uint32_t size;     /* of text */
    uint32_t key_size;
} cti_baggage_member;

/* Immutable, in one piece of memory. */
typedef struct cti_baggage {
    uint32_t references;
    uint32_t count;
    const char *header; /* NUL-terminated */
    size_t header_size;
    cti_baggage_member members[];
} cti_baggage;

/* Both take NULL, which is no baggage. Threads: any. */
cti_baggage *cti_baggage_ref(cti_baggage *baggage);
void cti_baggage_unref(cti_baggage *baggage);

struct cti_thread;

/* The current context's, borrowed; NULL is none. */
cti_baggage *cti_baggage_here(const struct cti_thread *self);

/* Makes it that of the current context, until what is open here last ends. Takes over the
 * reference, also on failure. False when there is no memory, or inside a callback. */
bool cti_baggage_set_here(struct cti_thread *self, cti_baggage *baggage);

#endif
