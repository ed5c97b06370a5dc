/* The traceparent header: 00-<trace id>-<span id>-<flags>, in hexadecimal digits. */
#include <string.h>

#include "base/big_endian.h"
#include "base/hex.h"
#include "core/remote.h"
#include "core/sampling.h"

enum { VERSION = 0, TRACE = 3, SPAN = 36, FLAGS = 53, SIZE = 55, FORBIDDEN_VERSION = 0xff };

/* ---- Reading ---- */

static bool has_dashes(const char *header) {
    return header[TRACE - 1] == '-' && header[SPAN - 1] == '-' && header[FLAGS - 1] == '-';
}

/* Later versions may have more behind a further dash. */
static bool is_size_of(uint8_t version, const char *header, size_t len) {
    return len == SIZE || (version != 0 && header[SIZE] == '-');
}

bool ctrace_traceparent_parse(const char *header, size_t len, ctrace_remote *ret_remote) {
    uint64_t trace[2], span;
    uint8_t version, flags;
    if (header == NULL || ret_remote == NULL || len < SIZE || !has_dashes(header) ||
        !cti_hex_get_byte(header + VERSION, &version) || version == FORBIDDEN_VERSION ||
        !is_size_of(version, header, len) || !cti_hex_get_word(header + TRACE, &trace[0]) ||
        !cti_hex_get_word(header + TRACE + CTI_HEX_WORD, &trace[1]) ||
        !cti_hex_get_word(header + SPAN, &span) || !cti_hex_get_byte(header + FLAGS, &flags) ||
        (trace[0] | trace[1]) == 0 || span == 0) {
        return false;
    }
    cti_big_endian_put(ret_remote->trace_id, trace[0]);
    cti_big_endian_put(ret_remote->trace_id + 8, trace[1]);
    cti_big_endian_put(ret_remote->span_id, span);
    ret_remote->flags = flags & (CTI_FLAG_SAMPLED | CTI_FLAG_RANDOM);
    ret_remote->tracestate[0] = '\0';
    return true;
}

/* ---- Writing ---- */

size_t ctrace_span_traceparent(const ctrace_span *span, char *buf, size_t size) {
    if (span == NULL || buf == NULL || size <= SIZE) {
        if (buf != NULL && size != 0) {
            *buf = '\0';
        }
        return 0;
    }
    uint64_t trace[2];
    cti_trace_words(span, trace);
    memcpy(buf, "00-", TRACE);
    cti_hex_put_word(buf + TRACE, trace[0]);
    cti_hex_put_word(buf + TRACE + CTI_HEX_WORD, trace[1]);
    buf[SPAN - 1] = '-';
    cti_hex_put_word(buf + SPAN, ctrace_span_id(span));
    buf[FLAGS - 1] = '-';
    cti_hex_put_byte(buf + FLAGS, cti_trace_flags(span));
    buf[SIZE] = '\0';
    return SIZE;
}

size_t ctrace_traceparent_format(char *buf, size_t size) {
    return ctrace_span_traceparent(cti_span_or_origin(cti_self.scope->current), buf, size);
}
