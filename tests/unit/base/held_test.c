#include "base/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void a_file_is_held_until_it_is_closed(void **state) {
    char path[] = "/tmp/ctrace-held-XXXXXX";
    const int holder = mkstemp(path);
    const int other = open(path, O_RDONLY | O_CLOEXEC);
    const int third = open(path, O_RDONLY | O_CLOEXEC);
    (void)state;
    assert_false(cti_is_held(other));
    assert_false(cti_is_held(third)); /* who asks does not hold it */
    cti_hold(holder);
    assert_true(cti_is_held(other));
    close(holder);
    assert_false(cti_is_held(other));
    close(other);
    close(third);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_held_until_it_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
