// Every macro in C++17, from the same text as in C.
#define TRACE_TARGET "program"
#include "program.h"

#include "program_check.h"

int main() {
    return check_program(run_program());
}
