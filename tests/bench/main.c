/* All groups of rows, one after the other; run.sh makes a table of them. */
#include "harness.h"

int main(int count, char **arguments) {
    bench_begin(count, arguments);
    bench_floors();
    bench_disabled();
    bench_events();
    bench_spans();
    bench_filters();
    bench_sinks();
    bench_context();
    bench_deferred();
    bench_recorder();
    bench_files();
    return 0;
}
