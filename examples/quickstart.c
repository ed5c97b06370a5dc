/* The first program: start listening, open spans, tell what happens in them.
 *
 *     ./quickstart                      what matters
 *     CTRACE_LOG=trace ./quickstart     everything
 *     CTRACE_FORMAT=json ./quickstart   for machines
 */
#include "ctrace/trace.h"

#include <errno.h>
#include <stdio.h>

/* A span named after the function. What TRACE_RETURN returns is recorded in it, at its end. */
static int price_of(const char *item, int count) {
    TRACE_FN_AT(CTRACE_LEVEL_DEBUG, ("item", item), ("count", count));
    int price = (item[0] % 7 + 1) * count;
    TRACE_TRACE("looked up", ("price", price));
    TRACE_RETURN(price);
}

static void read_discounts(const char *path) {
    TRACE_SPAN("read_discounts", ("path", path)); /* closes on each of the ways out */
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        TRACE_ERROR("no discounts today", ("error", TRACE_ERRNO(errno)));
        return;
    }
    TRACE_INFO("discounts found");
    fclose(file);
}

static void serve(unsigned customer) {
    /* A field whose value is not known yet is recorded later. */
    TRACE_SPAN_AS(order, "order", ("customer", customer), ("total", TRACE_EMPTY));
    read_discounts("/nonexistent/discounts");
    int total = price_of("apple", 3) + price_of("pear", 2);
    TRACE_RECORD(order, ("total", total));
    TRACE_INFO("served", ("items", 2), ("express", TRACE_BOOL(customer % 2 == 0)));
}

int main(void) {
    ctrace_init(); /* text to standard error, from level info; the environment may say otherwise */
    TRACE_INFO("open for business", ("version", ctrace_version()));
    for (unsigned customer = 1; customer <= 2; customer++) {
        serve(customer);
    }
    TRACE_WARNF("closing after %d customers", 2); /* for who prefers printf */
    return 0;
}
