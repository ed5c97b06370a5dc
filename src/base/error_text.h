/* The text of an errno value, whichever strerror_r() this system has. */
#ifndef CTI_BASE_ERROR_TEXT_H
#define CTI_BASE_ERROR_TEXT_H

enum { CTI_ERROR_TEXT_MAX = 96 };

/* Returns the text, which may or may not stand in `space`. */
const char *cti_error_text(int error, char space[CTI_ERROR_TEXT_MAX]);

#endif
