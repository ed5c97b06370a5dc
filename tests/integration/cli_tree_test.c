/* ctrace tree: one tree out of what several processes told, in each of the forms that it reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/context.h"
#include "ctrace/deferred.h"
#include "ctrace/sinks.h"
#include "ctrace/trace.h"
#include "ctrace/writer.h"

#define TOOL CTRACE_PLUGIN_DIR "/../../ctrace"
#define BOTH (CTRACE_SPAN_EVENTS_NEW | CTRACE_SPAN_EVENTS_CLOSE)

static char folder[] = "/tmp/ctrace-tree-XXXXXX";
static char output[65536];

/* Runs the tool in the folder, standard error behind standard output; returns its exit status. */
static int tree(const char *arguments) {
    char command[512];
    snprintf(command, sizeof command, "cd %s && '%s' tree %s 2>&1", folder, TOOL, arguments);
    FILE *from = popen(command, "r");
    assert_non_null(from);
    const size_t size = fread(output, 1, sizeof output - 1, from);
    output[size] = '\0';
    const int status = pclose(from);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Each line of `expected` is in the output, in that order: from its first `|` or corner on. */
static void shows(const char *const expected[]) {
    const char *at = output;
    for (; *expected != NULL; expected++) {
        const char *found = strstr(at, *expected);
        if (found == NULL) {
            print_error("%s\nis not, or not in its place, in\n%s\n", *expected, output);
        }
        assert_non_null(found);
        at = found + strlen(*expected);
    }
}

static ctrace_writer *writer_to(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return ctrace_file_writer_new(path, NULL);
}

static ctrace_subscriber *recorder_to(const char *name) {
    static const ctrace_recorder_options small = {.max_bytes = 128 << 10, .thread_bytes = 64 << 10};
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return ctrace_recorder_new(path, &small);
}

static void put(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- Three processes ---- */

static ctrace_span *received(const char *header, int port) {
    ctrace_remote remote;
    assert_true(ctrace_traceparent_parse(header, strlen(header), &remote));
    return TRACE_SPAN_REMOTE(&remote, "request", ("port", port));
}

static void serve_last(ctrace_subscriber *subscriber, const char *header) {
    TRACE_WITH_SUBSCRIBER(subscriber) {
        ctrace_span *span = received(header, 3);
        TRACE_IN(span) {
            TRACE_SPAN("open");
            TRACE_WARN("opened", ("name", "a\033[31m b"));
        }
        ctrace_span_unref(span);
    }
}

static void serve_middle(ctrace_subscriber *subscriber, ctrace_subscriber *next,
                         const char *header) {
    char passed[64];
    TRACE_WITH_SUBSCRIBER(subscriber) {
        ctrace_span *span = received(header, 2);
        TRACE_IN(span) {
            TRACE_DEBUG("routed");
            ctrace_traceparent_format(passed, sizeof passed);
            serve_last(next, passed);
        }
        ctrace_span_unref(span);
    }
}

static void serve(ctrace_subscriber *front, ctrace_subscriber *middle, ctrace_subscriber *last) {
    char passed[64];
    TRACE_WITH_SUBSCRIBER(front) {
        TRACE_INFO("outside");
        TRACE_SPAN("request", ("port", 1));
        TRACE_INFO("accepted", ("took", TRACE_NS(1500)));
        TRACE_SPAN("upstream"); /* of which only its own line and those inside tell */
        ctrace_traceparent_format(passed, sizeof passed);
        serve_middle(middle, last, passed);
        TRACE_ERROR("answered", ("ok", TRACE_BOOL(false)));
    }
    ctrace_subscriber_unref(front);
    ctrace_subscriber_unref(middle);
    ctrace_subscriber_unref(last);
}

#define I "\xe2\x94\x82 "
#define O "\xe2\x94\x8c "

static const char *const joined[] = {O "request port=1 ",
                                     " [front]\n",
                                     I " INFO cli_tree_test.c: accepted took=1.5\xc2\xb5s\n",
                                     I O "upstream ",
                                     I I O "request port=2 ",
                                     " [middle]\n",
                                     I I I "DEBUG cli_tree_test.c: routed\n",
                                     I I I O "request port=3 ",
                                     " [last]\n",
                                     I I I I O "open ",
                                     I I I I I
                                     " WARN cli_tree_test.c: opened name=\"a\\u001b[31m b\"\n",
                                     I I "ERROR cli_tree_test.c: answered ok=false\n",
                                     NULL};

static void three_processes_make_one_tree(void **state) {
    (void)state;
    const ctrace_json_options spans = {.span_events = BOTH};
    serve(ctrace_json_new(writer_to("front.json"), NULL),
          ctrace_json_new(writer_to("middle.json"), &spans), recorder_to("last.ctrace"));
    assert_int_equal(tree("last.ctrace front.json middle.json"), 0);
    shows(joined);
    assert_null(strstr(strstr(output, "trace ") + 1, "trace ")); /* one */
    assert_null(strstr(output, "outside"));
    assert_null(strstr(output, "\033"));
    assert_null(strstr(output, ": new"));
    assert_null(strstr(output, ": close"));
    assert_int_equal(tree("--color=always front.json"), 0);
    assert_non_null(strstr(output, "\033["));
    assert_int_equal(tree("- --level warn <front.json"), 0);
    assert_null(strstr(output, "accepted"));
    assert_non_null(strstr(output, "answered"));
}

static void a_trace_is_chosen_by_its_id(void **state) {
    char arguments[64];
    (void)state;
    assert_int_equal(tree("front.json"), 0);
    snprintf(arguments, sizeof arguments, "--trace %.10s front.json", output + strlen("trace "));
    assert_int_equal(tree(arguments), 0);
    assert_non_null(strstr(output, "accepted"));
    arguments[strlen("--trace ")] = output[strlen("trace ")] == '0' ? '1' : '0';
    assert_int_equal(tree(arguments), 0);
    assert_string_equal(output, "");
}

static void what_no_file_tells_of_is_named(void **state) {
    (void)state;
    assert_int_equal(tree("last.ctrace"), 0);
    assert_non_null(strstr(output, O "span "));
    assert_non_null(strstr(output, ", of which no file tells\n"));
    assert_non_null(strstr(output, I O "request port=3 "));
}

/* ---- Other forms ---- */

static void nested_lines_have_no_ids_but_make_trees(void **state) {
    (void)state;
    const ctrace_json_options options = {.nested = true, .span_events = BOTH};
    ctrace_subscriber *nested = ctrace_json_new(writer_to("nested.json"), &options);
    TRACE_WITH_SUBSCRIBER(nested) {
        for (int i = 0; i < 2; i++) {
            TRACE_SPAN("job", ("n", 1));
            TRACE_INFO("began");
            TRACE_SPAN("step");
            TRACE_WARN("slow", ("x", 1.5));
        }
    }
    ctrace_subscriber_unref(nested);
    assert_int_equal(tree("nested.json"), 0);
    static const char *const expected[] = {O "job n=1 ", I " INFO cli_tree_test.c: began\n",
                                           I O "step ",  I I " WARN cli_tree_test.c: slow x=1.5\n",
                                           "\ntrace ",   O "job n=1 ",
                                           I I " WARN",  NULL};
    shows(expected);
}

#define OTLP_IDS "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":"

static void opentelemetry_is_read(void **state) {
    (void)state;
    put("otlp.json",
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
        "\"stringValue\":\"shop\"}}]},\"scopeSpans\":[{\"spans\":[{" OTLP_IDS
        "\"00f067aa0ba902b8\",\"parentSpanId\":\"00f067aa0ba902b7\",\"name\":\"query\","
        "\"startTimeUnixNano\":\"1700000000000001000\",\"endTimeUnixNano\":\"1700000000000003000\","
        "\"attributes\":[{\"key\":\"rows\",\"value\":{\"intValue\":\"3\"}}],\"status\":{\"code\":2,"
        "\"message\":\"no such table\"}},{" OTLP_IDS
        "\"00f067aa0ba902b7\",\"parentSpanId\":\"\",\"name\":\"GET /\","
        "\"startTimeUnixNano\":\"1700000000000000000\",\"endTimeUnixNano\":\"1700000000000005000\"}"
        "]}]}]}\n"
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"scope\":{\"name\":\"db\"},\"logRecords\":[{" OTLP_IDS
        "\"00f067aa0ba902b8\",\"timeUnixNano\":\"1700000000000002000\",\"severityNumber\":13,"
        "\"body\":{\"stringValue\":\"slow\"}}]}]}]}\n");
    assert_int_equal(tree("otlp.json"), 0);
    assert_string_equal(output,
                        "trace 4bf92f3577b34da6a3ce929d0e0e4736  2023-11-14T22:13:20.000000Z  "
                        "5\xc2\xb5s\n"
                        "      0ns " O "GET / 5\xc2\xb5s [shop]\n"
                        "      1\xc2\xb5s " I O "query rows=3 error: no such table 2\xc2\xb5s\n"
                        "      2\xc2\xb5s " I I " WARN db: slow [otlp]\n");
}

/* ---- What is wrong ---- */

static void bad_lines_are_named_and_passed_over(void **state) {
    (void)state;
    put("bad.json", "{\"level\":\"INFO\",\"msg\":\"\n"
                    "\n"
                    "{\"a\":1}\n"
                    "{\"msg\":\"x\",\"trace_id\":\"7\"}\n"
                    "{\"level\":\"INFO\",\"msg\":\"good\",\"spans\":[{\"name\":\"s\"}],"
                    "\"trace_id\":\"00000000000000000000000000000001\","
                    "\"span_id\":\"0000000000000002\"}\n"
                    "{\"level\":\"INFO\",\"msg\":\"cut");
    assert_int_equal(tree("bad.json"), 1);
    assert_non_null(strstr(output, "bad.json:1: "));
    assert_null(strstr(output, "bad.json:2: "));
    assert_non_null(strstr(output, "bad.json:3: this is no event"));
    assert_non_null(strstr(output, "bad.json:4: trace_id is none\n"));
    assert_non_null(strstr(output, "bad.json:6: the text ends in a string\n"));
    assert_non_null(strstr(output, O "s "));
    assert_non_null(strstr(output, I " INFO good\n"));
}

/* Spans that are inside each other: a file that lies makes no endless tree. */
static void cycles_are_cut(void **state) {
    (void)state;
    put("cycle.json", "{\"msg\":\"a\",\"trace_id\":\"00000000000000000000000000000001\","
                      "\"span_id\":\"0000000000000002\",\"parent_ids\":[\"0000000000000003\"]}\n"
                      "{\"msg\":\"b\",\"trace_id\":\"00000000000000000000000000000001\","
                      "\"span_id\":\"0000000000000003\",\"parent_ids\":[\"0000000000000002\"]}\n"
                      "{\"msg\":\"c\",\"trace_id\":\"00000000000000000000000000000001\","
                      "\"span_id\":\"0000000000000004\",\"parent_ids\":[\"0000000000000004\"]}\n");
    assert_int_equal(tree("cycle.json"), 0);
    assert_non_null(strstr(output, " a\n"));
    assert_non_null(strstr(output, " b\n"));
    assert_non_null(strstr(output, " c\n"));
}

static void memory_is_bounded(void **state) {
    char line[256];
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/large.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 1; i < 20000; i++) {
        snprintf(line, sizeof line,
                 "{\"msg\":\"m\",\"trace_id\":\"%032x\",\"span_id\":\"%016x\"}\n", i, i);
        fputs(line, file);
    }
    fclose(file);
    assert_int_equal(tree("--memory 1 large.json >shown 2>said; code=$?; cat said; exit $code #"),
                     1);
    assert_non_null(strstr(output, "left out for want of memory"));
    assert_int_equal(tree("--memory 64 large.json | grep -c '│ m$'"), 0);
    assert_string_equal(output, "19999\n");
}

static void wrong_usage_is_2(void **state) {
    (void)state;
    assert_int_equal(tree(""), 2);
    assert_int_equal(tree("--trace front.json"), 2);
    assert_int_equal(tree("--trace xyz front.json"), 2);
    assert_int_equal(tree("--level loud front.json"), 2);
    assert_int_equal(tree("--memory 0 front.json"), 2);
    assert_int_equal(tree("--color red front.json"), 2);
    assert_int_equal(tree("--colour red front.json"), 2);
    assert_int_equal(tree("nothing.json front.json"), 2);
    assert_non_null(strstr(output, "nothing.json: No such file"));
    assert_non_null(strstr(output, "accepted")); /* the other one is shown */
    assert_int_equal(tree("."), 2);
    assert_string_equal(output, "ctrace tree: .: Is a directory\n");
    assert_int_equal(tree("--help"), 0);
    assert_non_null(strstr(output, "usage: ctrace tree FILE"));
}

static int begin(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int end(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_processes_make_one_tree),
        cmocka_unit_test(a_trace_is_chosen_by_its_id),
        cmocka_unit_test(what_no_file_tells_of_is_named),
        cmocka_unit_test(nested_lines_have_no_ids_but_make_trees),
        cmocka_unit_test(opentelemetry_is_read),
        cmocka_unit_test(bad_lines_are_named_and_passed_over),
        cmocka_unit_test(cycles_are_cut),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(wrong_usage_is_2),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
