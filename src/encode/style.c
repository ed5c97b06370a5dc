#include "encode/style.h"

#include "encode/escape.h"

static const struct level {
    const char *style, *text;
} levels[] = {
    [CTRACE_LEVEL_TRACE] = {"\x1b[35m", "TRACE"}, [CTRACE_LEVEL_DEBUG] = {"\x1b[34m", "DEBUG"},
    [CTRACE_LEVEL_INFO] = {"\x1b[32m", " INFO"},  [CTRACE_LEVEL_WARN] = {"\x1b[33m", " WARN"},
    [CTRACE_LEVEL_ERROR] = {"\x1b[31m", "ERROR"},
};

static const struct level *of(int level) {
    const bool known = level >= CTRACE_LEVEL_TRACE && level <= CTRACE_LEVEL_ERROR;
    return &levels[known ? level : CTRACE_LEVEL_INFO];
}

const char *cti_style_of_level(int level) {
    return of(level)->style;
}

const char *cti_level_text(int level) {
    return of(level)->text;
}

void cti_put_styled(ctrace_buf *buf, bool color, const char *style, const char *text) {
    cti_put_style(buf, color, style);
    cti_escape_bare(buf, text, strlen(text));
    cti_put_style(buf, color, CTI_STYLE_NONE);
}
