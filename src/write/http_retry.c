#include "write/http_retry.h"

static const uint64_t SECOND_NS = UINT64_C(1000000000);
static const uint64_t FIRST_NS = UINT64_C(500000000);
static const uint64_t LAST_NS = UINT64_C(30000000000);
static const int64_t LONGEST_S = 1000000000; /* far beyond patience, and no overflow */

bool cti_http_is_passing(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static uint64_t seconds(int64_t count) {
    if (count <= 0) {
        return 0;
    }
    return (uint64_t)(count < LONGEST_S ? count : LONGEST_S) * SECOND_NS;
}

uint64_t cti_http_asked_ns(const cti_http_response *response, uint64_t epoch_ns) {
    if (response->wait_until < 0) {
        return seconds(response->wait_s);
    }
    const int64_t now_s = (int64_t)(epoch_ns / SECOND_NS);
    const uint64_t ns = seconds(response->wait_until - now_s);
    return ns == 0 ? 0 : ns - epoch_ns % SECOND_NS;
}

static uint64_t next_backoff(cti_http_retry *retry, cti_random *random) {
    const uint64_t most = retry->next_ns == 0 ? FIRST_NS : retry->next_ns;
    retry->next_ns = most < LAST_NS / 2 ? most * 2 : LAST_NS;
    return most / 2 + cti_random_next(random) % (most / 2 + 1);
}

bool cti_http_retry_delay(cti_http_retry *retry, uint64_t asked_ns, cti_random *random,
                          uint64_t *ret_delay_ns) {
    const uint64_t backoff_ns = next_backoff(retry, random);
    const uint64_t delay_ns = backoff_ns > asked_ns ? backoff_ns : asked_ns;
    if (retry->spent_ns > retry->most_ns || delay_ns > retry->most_ns - retry->spent_ns) {
        return false;
    }
    *ret_delay_ns = delay_ns;
    return true;
}
