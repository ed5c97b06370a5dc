# What holds only when libctrace is the project being built, not a part of another one.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

set(ctrace_strict_flags -pedantic-errors -Wall -Wextra -Wshadow -Wconversion)
if(NOT CTRACE_SANITIZE AND NOT CTRACE_COVERAGE)
    # Instrumented code makes compilers suspect overflows that are not there.
    list(APPEND ctrace_strict_flags -Werror)
endif()
if(CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    add_compile_options(${ctrace_strict_flags})
endif()
