/* Colours of the text formats: the only control sequences that a text sink ever writes. */
#ifndef CTI_ENCODE_STYLE_H
#define CTI_ENCODE_STYLE_H

#include "base/buf.h"

#define CTI_STYLE_NONE   "\x1b[0m"
#define CTI_STYLE_BOLD   "\x1b[1m"
#define CTI_STYLE_DIM    "\x1b[2m"
#define CTI_STYLE_ITALIC "\x1b[3m"

/* The colour of a level. */
const char *cti_style_of_level(int level);

/* "TRACE", " INFO": five bytes. */
const char *cti_level_text(int level);

/* Appends the control sequence, or none without colour. */
static inline void cti_put_style(ctrace_buf *buf, bool color, const char *style) {
    if (color) {
        cti_buf_put(buf, style, strlen(style));
    }
}

/* Appends a NUL-terminated text, escaped, in a style. */
void cti_put_styled(ctrace_buf *buf, bool color, const char *style, const char *text);

#endif
