/* Each allocation fails once: nothing leaks, and what was accepted arrives. */
#include "support/test.h"

#include "support/allocator.h"
#include "support/http_server.h"
#include "support/probe.h"
#include "write/http.h"

static const uint64_t S = UINT64_C(1000000000);

static http_server server;

static unsigned send_two(ctrace_writer *writer) {
    const cti_http_message message = {.path = "/v1/logs", .bytes = "{}", .size = 2, .events = 1};
    unsigned accepted = ctrace_writer_write(writer, "line\n", 5) == CTRACE_OK ? 1 : 0;
    accepted += cti_http_post(writer, &message) == CTRACE_OK ? 1 : 0;
    assert_int_equal(ctrace_writer_flush(writer, 60 * S), CTRACE_OK);
    return accepted;
}

/* Returns whether there was such an allocation. */
static bool survives_failure_of(size_t nth) {
    const size_t alive = allocator_alive();
    const size_t arrived = server.count;
    const uint64_t lost = stats_now().write_errors;
    allocator_fail_at(nth);
    ctrace_writer *writer =
        ctrace_http_writer_new(server.url, &(ctrace_http_writer_options){.headers = "a=b"});
    assert_true(writer != NULL || allocator_has_failed());
    const unsigned accepted = writer == NULL ? 0 : send_two(writer);
    ctrace_writer_unref(writer);
    const bool has_failed = allocator_has_failed();
    allocator_fail_at(0);
    assert_int_equal(server.count - arrived, accepted);
    assert_int_equal(stats_now().write_errors - lost, writer == NULL ? 0 : 2 - accepted);
    assert_int_equal(allocator_alive(), alive);
    return has_failed;
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    /* with a body, for which there may be no memory either */
    static const http_step with_body = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                                        HTTP_KEEP};
    static http_step steps[256];
    for (size_t i = 0; i < 256; i++) {
        steps[i] = with_body;
    }
    http_server_start(&server, 0, steps, 256);
    size_t nth = 1;
    while (survives_failure_of(nth)) {
        nth++;
    }
    assert_in_range(nth, 8, 100);
    http_server_stop(&server);
}

int main(void) {
    allocator_use();
    const struct CMUnitTest tests[] = {TEST(each_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
