/* What is wrong with a text, for people. */
#ifndef CTI_FILTER_COMPLAIN_H
#define CTI_FILTER_COMPLAIN_H

#include "filter/scan.h"

enum { CTI_COMPLAINT_MAX = 256 };

/* Writes what was found where, what was expected, the text around it and a caret below the place:
 * three lines, NUL-terminated, in printable characters. */
void cti_scan_complaint(const cti_scan *scan, char out[CTI_COMPLAINT_MAX]);

#endif
