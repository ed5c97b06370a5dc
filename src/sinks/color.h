/* Whether a sink writes in colour. */
#ifndef CTI_SINKS_COLOR_H
#define CTI_SINKS_COLOR_H

#include "ctrace/sinks.h"

/* `color` is one of CTRACE_COLOR_*; asked once, when the sink is made. */
bool cti_has_color(int color, ctrace_writer *writer);

#endif
