#include "filter/parse.h"

#include <string.h>

#include "base/memory.h"
#include "core/status.h"
#include "filter/complain.h"
#include "filter/filter.h"

/* Parses one directive and adds it. */
static bool parse_one(cti_scan *scan, cti_directives *directives, ctrace_buf *spare) {
    cti_directive directive;
    memset(&directive, 0, sizeof directive);
    if (!cti_parse_directive(scan, &directive, spare)) {
        cti_directive_release(&directive);
        return false;
    }
    return cti_directives_add(directives, &directive) || cti_scan_no_memory(scan);
}

static bool is_empty(cti_scan *scan) {
    cti_scan_space(scan);
    return scan->at == scan->size;
}

static cti_scan begin(const char *text) {
    return (cti_scan){.text = text, .size = strlen(text)};
}

/* What the directives have in common is known when all are parsed. */
static void finish(ctrace_filter *filter) {
    filter->reads_spans = filter->directives.reads_spans;
    filter->reads_events = filter->directives.reads_events;
}

static ctrace_status report(const cti_scan *scan) {
    if (scan->status == CTRACE_EPARSE) {
        char complaint[CTI_COMPLAINT_MAX];
        cti_scan_complaint(scan, complaint);
        return cti_fail(CTRACE_EPARSE, "%s", complaint);
    }
    return cti_fail(scan->status, "no memory for a filter");
}

/* ---- The strict form ---- */

static void parse_all(cti_scan *scan, cti_directives *directives) {
    ctrace_buf spare = CTI_BUF_INIT;
    if (!is_empty(scan)) {
        while (parse_one(scan, directives, &spare) && cti_scan_accept(scan, ',')) {
        }
    }
    cti_buf_release(&spare);
}

ctrace_status ctrace_filter_parse(const char *directives, ctrace_filter **ret_filter,
                                  size_t *reterr_offset) {
    if (directives == NULL || ret_filter == NULL) {
        return cti_fail(CTRACE_EINVAL, "a filter needs directives, and a place to go to");
    }
    ctrace_filter *filter = cti_filter_create(CTI_FILTER_DIRECTIVES);
    if (filter == NULL) {
        return CTRACE_ENOMEM;
    }
    cti_scan scan = begin(directives);
    parse_all(&scan, &filter->directives);
    if (scan.status == CTRACE_OK) {
        finish(filter);
        *ret_filter = filter;
        return CTRACE_OK;
    }
    if (scan.status == CTRACE_EPARSE && reterr_offset != NULL) {
        *reterr_offset = scan.error_at;
    }
    ctrace_filter_unref(filter);
    return report(&scan);
}

/* ---- The lenient form ---- */

/* The comma that ends the directive which begins at `at`, or the end; *ret_closed says whether its
 * quotes and brackets are closed there. */
static size_t find_comma(const cti_scan *scan, size_t at, bool *ret_closed) {
    size_t depth = 0;
    bool quoted = false;
    for (; at < scan->size; at++) {
        const char c = scan->text[at];
        if (quoted && c == '\\') {
            at += at + 1 < scan->size ? 1 : 0;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == '[' || c == '{')) {
            depth++;
        } else if (!quoted && (c == ']' || c == '}') && depth > 0) {
            depth--;
        } else if (!quoted && depth == 0 && c == ',') {
            break;
        }
    }
    *ret_closed = depth == 0 && !quoted;
    return at;
}

/* Goes to the comma behind a bad directive. One that leaves a bracket or quote open would take all
 * that follows with it: then the next comma behind the error is as good as any. */
static void skip_bad(cti_scan *scan, size_t directive_at) {
    bool closed;
    scan->at = find_comma(scan, directive_at, &closed);
    if (!closed) {
        for (scan->at = scan->error_at; scan->at < scan->size; scan->at++) {
            if (scan->text[scan->at] == ',') {
                break;
            }
        }
    }
    scan->status = CTRACE_OK;
}

static void complain(const cti_scan *scan, ctrace_buf *complaints) {
    if (complaints != NULL) {
        char text[CTI_COMPLAINT_MAX];
        cti_scan_complaint(scan, text);
        if (complaints->size != 0) {
            cti_buf_char(complaints, '\n');
        }
        cti_buf_put(complaints, text, strlen(text));
    }
}

static void parse_good(cti_scan *scan, cti_directives *directives, ctrace_buf *complaints) {
    ctrace_buf spare = CTI_BUF_INIT;
    bool more = !is_empty(scan);
    while (more) {
        const size_t directive_at = scan->at;
        if (!parse_one(scan, directives, &spare)) {
            if (scan->status != CTRACE_EPARSE) {
                break;
            }
            complain(scan, complaints);
            skip_bad(scan, directive_at);
        }
        more = cti_scan_accept(scan, ',');
    }
    cti_buf_release(&spare);
}

ctrace_status cti_filter_parse_lenient(const char *directives, ctrace_filter **ret_filter,
                                       ctrace_buf *complaints) {
    ctrace_filter *filter = cti_filter_create(CTI_FILTER_DIRECTIVES);
    if (filter == NULL) {
        return CTRACE_ENOMEM;
    }
    cti_scan scan = begin(directives);
    parse_good(&scan, &filter->directives, complaints);
    if (scan.status != CTRACE_OK) {
        ctrace_filter_unref(filter);
        return report(&scan);
    }
    finish(filter);
    *ret_filter = filter;
    return CTRACE_OK;
}
