/* Values of fields against values in directives. */
#ifndef CTI_FILTER_COMPARE_H
#define CTI_FILTER_COMPARE_H

#include "filter/directive.h"

/* How two values of the same sort are ordered. Numbers of all kinds are one sort and compare by
 * what they are worth, exactly; values of different sorts, and NaN, are unequal and not ordered. */
typedef enum cti_order { CTI_LESS, CTI_EQUAL, CTI_GREATER, CTI_UNORDERED } cti_order;

cti_order cti_compare_numbers(const ctrace_value *one, const ctrace_value *other);

/* Whether a field's value passes the test. An empty one passes only the test for being declared. */
bool cti_field_test_matches(const cti_field_test *test, const ctrace_value *value);

#endif
