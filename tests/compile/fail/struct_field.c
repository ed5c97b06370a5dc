/* expect gcc: ctrace_field_must_be_a_number_a_string_or_a_pointer */
/* expect clang: ctrace_field_is_no_number_string_or_pointer */
/* expect c++: no matching function for call to */
#include "ctrace/trace.h"

struct point {
    int x, y;
};

void fails(struct point point);
void fails(struct point point) {
    TRACE_INFO("a struct is no value", ("point", point));
}
