/* Filters and composition: two outputs that hear different things, and a change of mind while the
 * program runs. */
#define TRACE_TARGET "shop::orders"
#include "ctrace/filter.h"
#include "ctrace/sinks.h"
#include "ctrace/subscriber.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

#include <stdio.h>
#include <unistd.h>

static void charge(int user, int cents) {
    TRACE_SPAN_AT(CTRACE_LEVEL_DEBUG, "charge", ("cents", cents));
    TRACE_DEBUG("asking the bank");
    if (cents > 5000) {
        TRACE_WARN("declined", ("user", user));
    }
}

static void handle(int user, int cents) {
    TRACE_SPAN("order", ("user", user));
    TRACE_TRACE("basket loaded");
    charge(user, cents);
    TRACE_INFO("done");
}

static void handle_all(const char *title) {
    printf("-- %s\n", title);
    fflush(stdout);
    handle(7, 1250);
    handle(42, 9900);
    ctrace_flush(CTRACE_FOREVER);
}

/* Text or JSON on standard output, behind directives. */
static ctrace_subscriber *output(bool json, const char *directives) {
    ctrace_filter *filter = NULL;
    if (ctrace_filter_parse(directives, &filter, NULL) != CTRACE_OK) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        return NULL;
    }
    ctrace_writer *out = ctrace_fd_writer_new(STDOUT_FILENO, NULL);
    return ctrace_filtered_new(json ? ctrace_json_new(out, NULL) : ctrace_text_new(out, NULL),
                               filter);
}

static void reload(ctrace_subscriber *filtered, const char *directives) {
    ctrace_filter *filter = NULL;
    if (ctrace_filter_parse(directives, &filter, NULL) != CTRACE_OK ||
        ctrace_filter_reload(filtered, filter) != CTRACE_OK) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        return;
    }
    handle_all(directives);
}

static void print_wanted(void *arg, const ctrace_callsite *site, ctrace_interest interest) {
    (void)arg;
    if (interest != CTRACE_INTEREST_NEVER) {
        printf("   %s \"%s\"%s\n", site->kind == CTRACE_KIND_SPAN ? "span " : "event", site->name,
               interest == CTRACE_INTEREST_ALWAYS ? "" : ", sometimes");
    }
}

int main(void) {
    ctrace_subscriber *text = output(false, "info");
    ctrace_subscriber *warnings = output(true, "warn");
    ctrace_subscriber *both[] = {ctrace_subscriber_ref(text), warnings};
    if (ctrace_set_global(ctrace_tee_new(both, 2)) != CTRACE_OK) {
        fprintf(stderr, "%s\n", ctrace_last_error());
        return 1;
    }
    handle_all("info as text, warn as JSON");

    /* everything about one user, whatever its level, and nothing about the others */
    reload(text, "warn,[order{user=42}]=trace");
    /* events by what they carry */
    reload(text, "off,[{user>=40}]=warn");

    printf("-- what is heard now\n");
    ctrace_callsites_each(print_wanted, NULL);

    ctrace_filter *bad = NULL;
    size_t offset = 0;
    if (ctrace_filter_parse("info,shop[order{user=42]=trace", &bad, &offset) != CTRACE_OK) {
        printf("-- a mistake is shown where it is\n%s\n", ctrace_last_error());
    }
    ctrace_subscriber_unref(text);
    return ctrace_shutdown(CTRACE_FOREVER) == CTRACE_OK ? 0 : 1;
}
