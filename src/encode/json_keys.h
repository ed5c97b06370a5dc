/* The keys of JSON objects, none of which may come twice. */
#ifndef CTI_ENCODE_JSON_KEYS_H
#define CTI_ENCODE_JSON_KEYS_H

#include "base/buf.h"
#include "core/site.h"

/* The objects that fields stand in, each with keys of its own beside them. */
typedef enum cti_json_object {
    CTI_JSON_EVENT,        /* the flat line */
    CTI_JSON_SPAN,         /* a span in it */
    CTI_JSON_NESTED_EVENT, /* "fields" of the nested shape */
    CTI_JSON_NESTED_SPAN
} cti_json_object;

/* A key as it is put together: "field_" or nothing, a field's name, "_ns" or "_text" or nothing. */
typedef struct cti_json_key {
    const char *parts[3];
} cti_json_key;

/* The key of a field: with "field_" before it where the object has a key of that name. */
cti_json_key cti_json_key_of(cti_json_object object, const char *name, const char *suffix);

bool cti_json_keys_are_same(const cti_json_key *one, const cti_json_key *other);

/* Appends ,"key": */
void cti_json_put_key(ctrace_buf *buf, const cti_json_key *key);

/* Whether fields of the callsite could end up under the same key, whatever their values are, or
 * under one that its object has. */
bool cti_json_keys_may_clash(cti_json_object object, const ctrace_callsite *site);

#endif
