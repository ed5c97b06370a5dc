# Sanitizers and coverage: flags of our folders only, so a parent project never sees them.
if(CTRACE_SANITIZE)
    set(ctrace_instrument_flags -fsanitize=${CTRACE_SANITIZE} -fno-sanitize-recover=all)
    # -O1: at -O2 gcc 12 reports the address of a thread-local variable to be null.
    add_compile_options(${ctrace_instrument_flags} -fno-omit-frame-pointer -O1)
    add_link_options(${ctrace_instrument_flags})
    if(CTRACE_SANITIZE MATCHES "thread" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
        # gcc warns of every fence that its sanitizer does not follow them. They only order a store
        # before a later load (base/fence.h), which is no data race to miss.
        add_compile_options(-Wno-tsan)
    endif()
endif()

if(CTRACE_COVERAGE)
    # Threads count too, hence the atomic counters.
    add_compile_options(--coverage -O0 -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
