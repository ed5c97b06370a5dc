/* Every macro in C: the stream is the one on file, which the C++ form of the test compares with
 * too. After a change that is meant: program_test > tests/integration/program.txt */
#define TRACE_TARGET "program"
#include "program.h"

#include "program_check.h"

int main(void) {
    return check_program(run_program());
}
