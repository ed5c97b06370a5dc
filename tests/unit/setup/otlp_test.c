#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctrace/trace.h"

/* What a fresh process that sets those variables ("A=1", …, NULL) says on standard error: its
 * complaints, and its lines of OTLP. */
static const char *said_with(const char *const *variables) {
    static char text[65536];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        for (; *variables != NULL; variables++) {
            putenv((char *)(uintptr_t)*variables);
        }
        ctrace_init();
        {
            TRACE_SPAN("work");
            TRACE_INFO("hello");
        }
        ctrace_shutdown(0);
        _exit(0);
    }
    close(ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(ends[0], text + size, sizeof text - 1 - size)) > 0) {
        size += (size_t)got;
    }
    text[size] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return text;
}

#define said(...) said_with((const char *const[]){"CTRACE_FORMAT=otlp", __VA_ARGS__, NULL})

static void assert_says(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("%s is not in %s", part, text);
    }
}

static void lines_where_no_endpoint_is_named(void **state) {
    (void)state;
    const char *text = said("OTEL_SERVICE_NAME=shop");
    assert_says(text, "{\"resourceSpans\":[");
    assert_says(text, "{\"resourceLogs\":[");
    assert_says(text, "\"stringValue\":\"shop\"");
    assert_null(strstr(text, "ctrace:"));
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    const char *text =
        said("CTRACE_OUTPUT=http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
             "OTEL_EXPORTER_OTLP_COMPRESSION=gzip", "OTEL_TRACES_SAMPLER=xray",
             "OTEL_EXPORTER_OTLP_TIMEOUT=soon", "OTEL_BSP_MAX_QUEUE_SIZE=9",
             "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/json", "OTEL_BSP_SCHEDULE_DELAY=x");
    assert_says(text, "OTEL_EXPORTER_OTLP_PROTOCOL: \"grpc\"");
    assert_says(text, "OTEL_EXPORTER_OTLP_COMPRESSION: \"gzip\": sent without compression");
    assert_says(text, "OTEL_TRACES_SAMPLER: there is no \"xray\"");
    assert_says(text, "OTEL_EXPORTER_OTLP_TIMEOUT: \"soon\"");
    assert_says(text, "OTEL_BSP_SCHEDULE_DELAY: \"x\"");
    assert_says(text, "OTEL_BSP_MAX_QUEUE_SIZE: ");
    assert_says(text, "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: \"http/json\"");
}

static void tls_is_refused_and_lines_stand_in(void **state) {
    (void)state;
    const char *text = said("OTEL_EXPORTER_OTLP_ENDPOINT=https://127.0.0.1:4318");
    assert_says(text, "OTEL_EXPORTER_OTLP_ENDPOINT: ");
    assert_says(text, "{\"resourceSpans\":[");
}

static void samplers(void **state) {
    (void)state;
    assert_null(strstr(said("OTEL_TRACES_SAMPLER=always_off"), "resourceSpans"));
    assert_null(strstr(said("OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=0"),
                       "resourceSpans"));
    assert_says(said("OTEL_TRACES_SAMPLER=parentbased_traceidratio"), "resourceSpans");
    assert_says(said("OTEL_TRACES_SAMPLER=always_on"), "resourceSpans");
    assert_null(strstr(said("OTEL_SDK_DISABLED=true"), "resource"));
}

static void a_url_alone_is_a_collectors(void **state) {
    (void)state;
    const char *const closed[] = {"CTRACE_OUTPUT=http://127.0.0.1:1", NULL};
    const char *const secure[] = {"CTRACE_OUTPUT=https://127.0.0.1:1", NULL};
    assert_null(strstr(said_with(closed), "hello"));
    const char *text = said_with(secure);
    assert_says(text, "CTRACE_OUTPUT");
    assert_says(text, "work: otlp_test.c: hello"); /* what stands in is text */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_where_no_endpoint_is_named),
        cmocka_unit_test(what_cannot_be_is_said),
        cmocka_unit_test(tls_is_refused_and_lines_stand_in),
        cmocka_unit_test(samplers),
        cmocka_unit_test(a_url_alone_is_a_collectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
