# cmake --build BUILD --target amalgamation: ctrace.h and ctrace.c, in the build folder.
file(GLOB_RECURSE ctrace_headers CONFIGURE_DEPENDS
     "${PROJECT_SOURCE_DIR}/include/*.h" "${PROJECT_SOURCE_DIR}/src/*.h")
file(GLOB ctrace_amalgamate_tools "${CMAKE_CURRENT_LIST_DIR}/amalgamate/*")
add_custom_command(
    OUTPUT "${PROJECT_BINARY_DIR}/ctrace.h" "${PROJECT_BINARY_DIR}/ctrace.c"
    COMMAND sh "${CMAKE_CURRENT_LIST_DIR}/amalgamate/amalgamate.sh" "${PROJECT_BINARY_DIR}" ${CTRACE_ROOMS}
    DEPENDS ${ctrace_headers} ${ctrace_sources} ${ctrace_amalgamate_tools}
    COMMENT "Writing ctrace.h and ctrace.c"
    VERBATIM)
if(ctrace_top_level)
    set(ctrace_amalgamation_target amalgamation)
else()
    set(ctrace_amalgamation_target ctrace_amalgamation)
endif()
add_custom_target(${ctrace_amalgamation_target}
    DEPENDS "${PROJECT_BINARY_DIR}/ctrace.h" "${PROJECT_BINARY_DIR}/ctrace.c")
