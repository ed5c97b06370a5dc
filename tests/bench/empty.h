/* Functions that do nothing, in files of their own: the price of a call. */
#ifndef CTRACE_BENCH_EMPTY_H
#define CTRACE_BENCH_EMPTY_H

void bench_empty(void);
void bench_empty_shared(void);

#endif
