#include "setup/testing_copy.h"

#include <string.h>

#include "base/memory.h"
#include "core/value.h"

/* Parts of one piece of memory, in the order in which they are asked for. */
typedef struct piece {
    char *at;
} piece;

static char *copy_bytes(piece *room, const void *bytes, size_t size) {
    char *copy = room->at;
    if (size != 0) {
        memcpy(copy, bytes, size);
    }
    copy[size] = '\0';
    room->at += size + 1;
    return copy;
}

static void put_field(ctrace_buf *text, const char *key, const ctrace_value *value) {
    if (value->kind != CTRACE_VALUE_EMPTY) {
        ctrace_buf_printf(text, "%s%s=", text->size == 0 ? "" : " ", key);
        ctrace_value_put(text, value);
    }
}

bool cti_capture_take_fields(cti_capture_draft *draft, const ctrace_fields *fields) {
    const size_t count = ctrace_fields_count(fields);
    draft->count = (uint32_t)(count < CTI_CAPTURE_MOST_FIELDS ? count : CTI_CAPTURE_MOST_FIELDS);
    for (uint32_t i = 0; i < draft->count; i++) {
        draft->keys[i] = ctrace_fields_key(fields, i);
        draft->values[i] = *ctrace_fields_value(fields, i);
        draft->key_bytes += strlen(draft->keys[i]) + 1;
    }
    if (!cti_values_settle(draft->values, draft->count, &draft->lazy, &draft->value_bytes)) {
        return false;
    }
    for (uint32_t i = 0; i < draft->count; i++) {
        put_field(&draft->text, draft->keys[i], &draft->values[i]);
    }
    return !draft->text.failed;
}

/* The names of the spans around, with a colon or a NUL behind each. */
static size_t path_size(const cti_capture_draft *draft) {
    size_t size = 0;
    for (const ctrace_span *at = draft->around; at != NULL;
         at = ctrace_span_parent(at, draft->viewer)) {
        size += strlen(ctrace_span_name(at)) + 1;
    }
    return size;
}

static const char *copy_path(piece *room, const cti_capture_draft *draft) {
    if (draft->path_size == 0) {
        return copy_bytes(room, "", 0);
    }
    char *end = room->at + draft->path_size;
    char after = '\0';
    for (const ctrace_span *at = draft->around; at != NULL;
         at = ctrace_span_parent(at, draft->viewer)) {
        const size_t size = strlen(ctrace_span_name(at));
        *--end = after;
        end -= size;
        memcpy(end, ctrace_span_name(at), size);
        after = ':';
    }
    room->at += draft->path_size;
    return end;
}

static void copy_fields(cti_captured *made, piece *room, const cti_capture_draft *draft) {
    const char **keys = (const char **)(made->values + draft->count);
    room->at = (char *)(keys + draft->count);
    cti_values_copy(made->values, draft->values, draft->count, room->at);
    room->at += draft->value_bytes;
    for (uint32_t i = 0; i < draft->count; i++) {
        keys[i] = copy_bytes(room, draft->keys[i], strlen(draft->keys[i]));
    }
    made->fields = (ctrace_fields){keys, made->values, draft->count};
}

cti_captured *cti_capture_copy(cti_capture_draft *draft) {
    const size_t heads = draft->count * (sizeof(ctrace_value) + sizeof(char *));
    const size_t texts = draft->name_size + 1 + draft->text.size + 1;
    draft->path_size = path_size(draft);
    cti_captured *made = cti_alloc(sizeof *made + heads + draft->value_bytes + draft->key_bytes +
                                   texts + draft->path_size + 1);
    if (made == NULL) {
        return NULL;
    }
    piece room;
    made->about = draft->about;
    copy_fields(made, &room, draft);
    made->about.fields = &made->fields;
    made->about.name = copy_bytes(&room, draft->about.name, draft->name_size);
    made->about.text = copy_bytes(&room, draft->text.bytes, draft->text.size);
    made->about.path = copy_path(&room, draft);
    return made;
}

void cti_capture_release(cti_capture_draft *draft) {
    cti_buf_release(&draft->text);
    cti_buf_release(&draft->lazy);
}
