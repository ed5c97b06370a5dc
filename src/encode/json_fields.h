/* Fields and their values in JSON. */
#ifndef CTI_ENCODE_JSON_FIELDS_H
#define CTI_ENCODE_JSON_FIELDS_H

#include "encode/json_keys.h"
#include "encode/notice.h"
#include "encode/pieces.h"

/* Of the pieces of a callsite, those in front of its fields. A field's piece is ,"key": */
enum {
    CTI_JSON_HEAD, /* from behind the time up to the message's or name's opening quote */
    CTI_JSON_NAME, /* an event's message, or a span's name, without quotes */
    CTI_JSON_NEXT, /* from its closing quote up to the fields */
    CTI_JSON_TAIL, /* what the callsite has to say behind the fields */
    CTI_JSON_KEYS
};

/* Appends ,"key":value for each field. `pieces` are those of the callsite that names the fields,
 * whose keys do not clash. */
void cti_json_put_prepared(ctrace_buf *buf, const ctrace_fields *fields, const cti_pieces *pieces,
                           cti_json_object object);

/* The same without pieces, for fields that may clash: of two equal keys the last one wins, but
 * those of `common` (may be NULL) give way. */
void cti_json_put_checked(ctrace_buf *buf, const ctrace_fields *fields, const ctrace_fields *common,
                          cti_json_object object);

#endif
