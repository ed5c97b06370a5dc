/* Whatever a server sends: the answer is read within its bounds, and it makes no difference in
 * which pieces it came. */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "write/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static cti_http_response whole, cut;

static cti_http_progress take(cti_http_response *response, const char *bytes, size_t size,
                              size_t piece) {
    cti_http_progress progress = CTI_HTTP_MORE;
    cti_http_response_begin(response);
    for (size_t at = 0; at < size && progress == CTI_HTTP_MORE; at += piece) {
        const size_t rest = size - at;
        progress = cti_http_response_take(response, bytes + at, piece < rest ? piece : rest);
    }
    return progress == CTI_HTTP_MORE ? cti_http_response_close(response) : progress;
}

static void assert_same(void) {
    assert(whole.status == cut.status);
    assert(whole.wait_s == cut.wait_s && whole.wait_until == cut.wait_until);
    assert(whole.body.size == cut.body.size);
    assert(whole.body.size == 0 || memcmp(whole.body.bytes, cut.body.bytes, cut.body.size) == 0);
}

/* The first byte says how large the pieces are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    const char *bytes = (const char *)data + 1;
    const cti_http_progress progress = take(&whole, bytes, size - 1, size);
    assert(progress == take(&cut, bytes, size - 1, data[0] % 64 + 1u));
    assert_same();
    assert(whole.status == 0 || (whole.status >= 200 && whole.status <= 999));
    assert(whole.body.size <= CTI_HTTP_BODY_KEPT);
    assert((whole.why == NULL) == (progress == CTI_HTTP_DONE));
    return 0;
}
