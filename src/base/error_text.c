#include "base/error_text.h"

#include <string.h>

#if defined(__GLIBC__) && defined(_GNU_SOURCE)

const char *cti_error_text(int error, char space[CTI_ERROR_TEXT_MAX]) {
    return strerror_r(error, space, CTI_ERROR_TEXT_MAX);
}

#else

const char *cti_error_text(int error, char space[CTI_ERROR_TEXT_MAX]) {
    return strerror_r(error, space, CTI_ERROR_TEXT_MAX) == 0 ? space : "unknown error";
}

#endif
