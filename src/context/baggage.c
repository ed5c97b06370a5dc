/* The current context's baggage. */
#include <string.h>

#include "context/baggage_header.h"
#include "core/thread.h"
#include "ctrace/context.h"

static bool has_key(const cti_baggage_member *member, const char *key, size_t size) {
    return member->key_size == size && memcmp(member->text, key, size) == 0;
}

const char *ctrace_baggage_get(const char *key) {
    const cti_baggage *baggage = cti_baggage_here(&cti_self);
    if (key == NULL || baggage == NULL) {
        return NULL;
    }
    const size_t size = strlen(key);
    for (uint32_t i = baggage->count; i > 0; i--) {
        if (has_key(&baggage->members[i - 1], key, size)) {
            return baggage->members[i - 1].value;
        }
    }
    return NULL;
}

static void put_others(ctrace_buf *list, uint32_t *count, const char *key, size_t size) {
    const cti_baggage *baggage = cti_baggage_here(&cti_self);
    for (uint32_t i = 0; baggage != NULL && i < baggage->count; i++) {
        const cti_baggage_member *member = &baggage->members[i];
        if (!has_key(member, key, size)) {
            cti_baggage_put(list, count, member->text, member->size);
        }
    }
}

static bool put_new(ctrace_buf *list, uint32_t *count, const char *key, const char *value) {
    ctrace_buf member = CTI_BUF_INIT;
    cti_buf_put(&member, key, strlen(key));
    cti_buf_char(&member, '=');
    cti_baggage_put_value(&member, value);
    const bool put = !member.failed && cti_baggage_put(list, count, member.bytes, member.size);
    cti_buf_release(&member);
    return put;
}

/* Makes the list the current context's. */
static bool use(const ctrace_buf *list, uint32_t count) {
    cti_baggage *baggage = count == 0 ? NULL : cti_baggage_new(list, count);
    return (count == 0 || baggage != NULL) && cti_baggage_set_here(&cti_self, baggage);
}

bool ctrace_baggage_set(const char *key, const char *value) {
    const size_t size = key == NULL ? 0 : strlen(key);
    if (!cti_baggage_is_key(key, size)) {
        return false;
    }
    ctrace_buf list = CTI_BUF_INIT;
    uint32_t count = 0;
    put_others(&list, &count, key, size);
    const bool whole = value == NULL || put_new(&list, &count, key, value);
    const bool set = whole && !list.failed && use(&list, count);
    cti_buf_release(&list);
    return set;
}
