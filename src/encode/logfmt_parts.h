/* Keys and values of logfmt. */
#ifndef CTI_ENCODE_LOGFMT_PARTS_H
#define CTI_ENCODE_LOGFMT_PARTS_H

#include "encode/pieces.h"

/* Of the pieces of a callsite, those in front of its fields. A field's piece is " key=". */
enum {
    CTI_LOGFMT_HEAD, /* " level=INFO msg=" */
    CTI_LOGFMT_NAME, /* an event's message, or a span's name */
    CTI_LOGFMT_NEXT, /* " target=shop::db" */
    CTI_LOGFMT_TAIL, /* " file=db.c line=12", as far as wanted */
    CTI_LOGFMT_KEYS
};

/* Builds them; `how` is the cti_logfmt. */
void cti_logfmt_build(cti_pieces *pieces, const cti_site *site, const void *how);

/* Appends a key made of a prefix (a span's name and a point, or nothing) and a name, and "=". What
 * cannot stand in a key becomes "_"; a key of ours has "field_" before it. */
void cti_logfmt_put_key(ctrace_buf *buf, const char *span, const char *name, const char *suffix);

/* Appends a text, in quotes where it must be. */
void cti_logfmt_put_text(ctrace_buf *buf, const char *text, size_t size);

/* Appends any value, measured here. */
void cti_logfmt_put_value(ctrace_buf *buf, ctrace_value *value);

/* Appends " key=" and the text of an error number. */
void cti_logfmt_put_errno_text(ctrace_buf *buf, const char *span, const char *name,
                               const ctrace_value *value);

#endif
