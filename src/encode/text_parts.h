/* Parts that the text formats have in common. */
#ifndef CTI_ENCODE_TEXT_PARTS_H
#define CTI_ENCODE_TEXT_PARTS_H

#include "encode/text.h"

/* Of the pieces of a callsite, those in front of its fields. A field's piece is " key=". */
enum {
    CTI_TEXT_LEVEL, /* " INFO ", or nothing */
    CTI_TEXT_PLACE, /* "shop::db: db.c:12: query: ", as far as wanted */
    CTI_TEXT_NAME,  /* an event's message, or a span's name */
    CTI_TEXT_KEYS
};

/* Builds them; `how` is the cti_text. */
void cti_text_build(cti_pieces *pieces, const cti_site *site, const void *how);

/* Appends the time and a space. */
void cti_text_put_time(const cti_text *text, ctrace_buf *buf, const ctrace_moment *moment);

/* Appends "name ThreadId(12)", as far as wanted; nothing when neither is. */
void cti_text_put_thread(const cti_text *text, ctrace_buf *buf, const ctrace_moment *moment);

/* Appends a number. */
void cti_put_u64(ctrace_buf *buf, uint64_t number);

/* Appends " key=value" for each field. `pieces` are those of the callsite that names the fields, or
 * NULL. */
void cti_text_put_fields(bool color, ctrace_buf *buf, const ctrace_fields *fields,
                         const cti_pieces *pieces);

/* Appends "{key=value key=value}", or nothing when no field has a value. */
void cti_text_put_braced(bool color, ctrace_buf *buf, const ctrace_fields *fields,
                         const cti_pieces *pieces);

/* Takes out the space that the first field begins with, at `at`; nothing when there is no field. */
void cti_close_gap(ctrace_buf *buf, size_t at);

/* Appends the notice in the pretty format. */
void cti_text_put_pretty(cti_text *text, ctrace_buf *buf, const cti_notice *notice);

#endif
