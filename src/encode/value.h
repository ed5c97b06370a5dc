/* Values as text. */
#ifndef CTI_ENCODE_VALUE_H
#define CTI_ENCODE_VALUE_H

#include "base/buf.h"
#include "base/number.h"
#include "ctrace/subscriber.h"

enum {
    CTI_SHORT_VALUE_MAX = 32,                     /* bytes of a short value */
    CTI_SHORT_JSON_MAX = CTI_SHORT_VALUE_MAX + 2, /* and its quotes */
    CTI_VALUE_MOST = 1 << 20                      /* of a longer value the rest is only counted */
};

/* Writes a value that is a number of some kind, or null, as the text sink shows it. Returns the
 * bytes written; 0 for other values, which cti_value_put_long() appends. */
size_t cti_value_put_short(char out[CTI_SHORT_VALUE_MAX], const ctrace_value *value);

/* Appends a value that is not short. A string must be measured. */
void cti_value_put_long(ctrace_buf *buf, const ctrace_value *value);

/* Appends a text between quotes, escaped; of more than CTI_VALUE_MOST bytes only the beginning, and
 * how many bytes are missing. */
void cti_put_quoted(ctrace_buf *buf, const char *bytes, size_t size);

/* Appends bytes as hexadecimal digits, cut likewise. */
void cti_put_bytes(ctrace_buf *buf, const void *bytes, size_t size);

/* Appends what the lazy value's function writes, between quotes. */
void cti_put_lazy(ctrace_buf *buf, const ctrace_lazy *lazy);

/* Appends what <errno.h> calls the number, escaped, without quotes. */
void cti_put_errno_text(ctrace_buf *buf, int64_t error);

/* Copies what the buffer holds (NULL: nothing) to `out`, cut to `size` and NUL-terminated, and
 * returns the bytes of the whole text, as snprintf does. */
size_t cti_copy_out(const ctrace_buf *buf, char *out, size_t size);

#endif
