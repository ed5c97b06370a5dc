#include "support/test.h"

#include "write/http_retry.h"

static const uint64_t S = UINT64_C(1000000000);

static void backoff_doubles_up_to_its_bound_less_up_to_a_half(void **state) {
    (void)state;
    static const unsigned most_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    cti_random random = {{1, 2}};
    uint64_t smallest = UINT64_MAX, largest = 0;
    for (unsigned round = 0; round < 200; round++) {
        cti_http_retry retry = {.most_ns = 1000 * S};
        for (size_t i = 0; i < sizeof most_ms / sizeof *most_ms; i++) {
            const uint64_t most = most_ms[i] * UINT64_C(1000000);
            uint64_t delay = 0;
            assert_true(cti_http_retry_delay(&retry, 0, &random, &delay));
            assert_in_range(delay, most / 2, most);
            if (i == 0) {
                smallest = delay < smallest ? delay : smallest;
                largest = delay > largest ? delay : largest;
            }
        }
    }
    assert_true(largest - smallest > 200 * UINT64_C(1000000)); /* there is jitter */
}

static void the_server_is_not_asked_sooner_than_it_says(void **state) {
    (void)state;
    cti_random random = {{1, 2}};
    cti_http_retry retry = {.most_ns = 100 * S};
    uint64_t delay = 0;
    assert_true(cti_http_retry_delay(&retry, 7 * S, &random, &delay));
    assert_int_equal(delay, 7 * S);
    assert_true(cti_http_retry_delay(&retry, 1, &random, &delay));
    assert_in_range(delay, S / 2, S);
}

static void total_time_is_bounded(void **state) {
    (void)state;
    cti_random random = {{1, 2}};
    uint64_t delay = 77;
    cti_http_retry never = {.most_ns = 1};
    assert_false(cti_http_retry_delay(&never, 0, &random, &delay));
    cti_http_retry late = {.most_ns = 60 * S, .spent_ns = 61 * S};
    assert_false(cti_http_retry_delay(&late, 0, &random, &delay));
    cti_http_retry asked = {.most_ns = 60 * S, .spent_ns = S};
    assert_false(cti_http_retry_delay(&asked, 59 * S + 1, &random, &delay));
    assert_int_equal(delay, 77);
    assert_true(cti_http_retry_delay(&asked, 59 * S, &random, &delay));
}

static void retry_after_is_reckoned_from_now(void **state) {
    (void)state;
    cti_http_response *response = &(cti_http_response){.wait_s = -1, .wait_until = -1};
    assert_int_equal(cti_http_asked_ns(response, 5 * S), 0);
    response->wait_s = 3;
    assert_int_equal(cti_http_asked_ns(response, 5 * S), 3 * S);
    response->wait_s = INT64_MAX;
    assert_int_equal(cti_http_asked_ns(response, 5 * S), 1000000000 * S);
    response->wait_until = 8;
    assert_int_equal(cti_http_asked_ns(response, 5 * S + 1), 3 * S - 1);
    assert_int_equal(cti_http_asked_ns(response, 8 * S + 1), 0);
    assert_int_equal(cti_http_asked_ns(response, 9 * S), 0);
}

static void only_some_answers_pass(void **state) {
    (void)state;
    for (int status = 100; status < 600; status++) {
        const bool passes = status == 429 || status == 502 || status == 503 || status == 504;
        assert_int_equal(cti_http_is_passing(status), passes);
    }
}

RUN(TEST(backoff_doubles_up_to_its_bound_less_up_to_a_half),
    TEST(the_server_is_not_asked_sooner_than_it_says), TEST(total_time_is_bounded),
    TEST(retry_after_is_reckoned_from_now), TEST(only_some_answers_pass))
