/* Whatever text comes in: it parses and prints back to an equivalent text, or the error lies inside
 * it; and what the lenient form keeps of it is a filter that the strict form takes. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "core/span.h"
#include "filter/parse.h"
#include "filter/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *print(const ctrace_filter *filter) {
    const size_t size = ctrace_filter_text(filter, NULL, 0);
    char *text = malloc(size + 1);
    assert(text != NULL && ctrace_filter_text(filter, text, size + 1) == size);
    return text;
}

/* Decides about a span and an event inside it: nothing to compare with, but memory to go wrong. */
static void use(const ctrace_filter *filter) {
    static const char *const keys[] = {"user", "path", "a"};
    ctrace_value values[3] = {{.as = {.i64 = 42}, .kind = CTRACE_VALUE_I64},
                              {.as = {.string = "/x/1"}, .size = 4, .kind = CTRACE_VALUE_STRING},
                              {.as = {.f64 = 1.5}, .kind = CTRACE_VALUE_F64}};
    const ctrace_fields fields = {keys, values, 3};
    ctrace_callsite site = {.level = CTRACE_LEVEL_DEBUG,
                            .kind = CTRACE_KIND_SPAN,
                            .name = "request",
                            .target = "shop::db",
                            .field_names = keys,
                            .field_count = 3};
    cti_plan *span = cti_plan_new(filter, &site);
    site.kind = CTRACE_KIND_EVENT;
    cti_plan *event = cti_plan_new(filter, &site);
    const cti_open open = cti_plan_openness(span, &fields);
    const cti_verdict verdict = cti_plan_decide(event, filter, &open, &fields);
    assert(verdict == CTI_YES || verdict == CTI_NO);
    cti_free(span);
    cti_free(event);
}

static void strict(const char *text) {
    ctrace_filter *filter, *again;
    size_t offset = SIZE_MAX;
    if (ctrace_filter_parse(text, &filter, &offset) != CTRACE_OK) {
        assert(offset <= strlen(text));
        return;
    }
    char *printed = print(filter);
    assert(ctrace_filter_parse(printed, &again, NULL) == CTRACE_OK);
    char *printed_again = print(again);
    assert(strcmp(printed, printed_again) == 0);
    use(filter);
    free(printed);
    free(printed_again);
    ctrace_filter_unref(filter);
    ctrace_filter_unref(again);
}

static void lenient(const char *text) {
    ctrace_filter *filter, *again;
    ctrace_buf complaints = CTI_BUF_INIT;
    assert(cti_filter_parse_lenient(text, &filter, &complaints) == CTRACE_OK);
    char *printed = print(filter);
    assert(ctrace_filter_parse(printed, &again, NULL) == CTRACE_OK);
    free(printed);
    cti_buf_release(&complaints);
    ctrace_filter_unref(filter);
    ctrace_filter_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    assert(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    strict(text);
    lenient(text);
    free(text);
    return 0;
}
