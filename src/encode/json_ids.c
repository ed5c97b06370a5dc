#include "encode/json_ids.h"

#include "base/buf.h"
#include "core/remote.h"
#include "encode/ids.h"

enum { PARENT_TEXT = CTI_SPAN_ID_TEXT + 3 }; /* with its quotes and a comma */

/* Where the trace came from, if it began in another process. */
static const ctrace_span *origin_of(const ctrace_span *span) {
    const ctrace_span *root = span->root;
    return root != span && cti_span_is_remote(root) ? root : NULL;
}

static size_t count_parents(const cti_notice *notice) {
    size_t count = origin_of(notice->span) != NULL;
    const ctrace_span *span = notice->span;
    while ((span = ctrace_span_parent(span, notice->viewer)) != NULL) {
        count++;
    }
    return count;
}

/* Writes the text that ends at `end`; returns where it begins. */
static char *put_before(char *end, const ctrace_span *span) {
    end[-1] = ',';
    end[-2] = '"';
    cti_span_id_text(end - 2 - CTI_SPAN_ID_TEXT, span);
    end[-PARENT_TEXT] = '"';
    return end - PARENT_TEXT;
}

/* From the last one, the next one outwards, to the first: no list of them is needed. */
static void put_parents(ctrace_buf *buf, const cti_notice *notice) {
    static const char before[] = ",\"parent_ids\":[";
    enum { BEFORE = sizeof before - 1 };
    const size_t count = count_parents(notice);
    if (count == 0) {
        return;
    }
    char *room = cti_buf_room(buf, BEFORE + count * PARENT_TEXT);
    if (room == NULL) {
        return;
    }
    memcpy(room, before, BEFORE);
    char *at = room + BEFORE + count * PARENT_TEXT;
    const ctrace_span *span = notice->span;
    while ((span = ctrace_span_parent(span, notice->viewer)) != NULL) {
        at = put_before(at, span);
    }
    if (at != room + BEFORE) {
        put_before(at, origin_of(notice->span));
    }
    room[BEFORE + count * PARENT_TEXT - 1] = ']'; /* where the last one has its comma */
    cti_buf_wrote(buf, BEFORE + count * PARENT_TEXT);
}

void cti_json_put_ids(ctrace_buf *buf, const cti_notice *notice) {
    static const char trace[] = ",\"trace_id\":\"", next[] = "\",\"span_id\":\"";
    enum { TRACE = sizeof trace - 1, NEXT = sizeof next - 1 };
    enum { MIDDLE = TRACE + CTI_TRACE_ID_TEXT, END = MIDDLE + NEXT + CTI_SPAN_ID_TEXT };
    char *room = cti_buf_room(buf, END + 1);
    if (room == NULL) {
        return;
    }
    memcpy(room, trace, TRACE);
    cti_trace_id_text(room + TRACE, notice->span);
    memcpy(room + MIDDLE, next, NEXT);
    cti_span_id_text(room + MIDDLE + NEXT, notice->span);
    room[END] = '"';
    cti_buf_wrote(buf, END + 1);
    if (notice->span->parent != NULL) {
        put_parents(buf, notice);
    }
}
