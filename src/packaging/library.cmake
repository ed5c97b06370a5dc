# The targets: ctrace_static, ctrace_shared, and ctrace::ctrace, which is one of them.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(ctrace_sources "")
foreach(room IN LISTS CTRACE_ROOMS)
    file(GLOB room_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*.c")
    list(APPEND ctrace_sources ${room_sources})
endforeach()

# Strict C11 hides everything that is POSIX; each system has its own word to bring it back.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
    set(ctrace_feature_macros _GNU_SOURCE)
elseif(APPLE)
    set(ctrace_feature_macros _DARWIN_C_SOURCE)
else()
    set(ctrace_feature_macros _DEFAULT_SOURCE)
endif()

function(ctrace_add_library target kind)
    add_library(${target} ${kind} ${ctrace_sources})
    add_library(ctrace::${target} ALIAS ${target})
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE "${PROJECT_SOURCE_DIR}/src")
    # the library's own callsites are not laid down by macros: it is no module of itself
    target_compile_definitions(${target} PRIVATE ${ctrace_feature_macros} CTRACE_I_NO_MODULE)
    target_link_libraries(${target} PUBLIC Threads::Threads)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ctrace
        C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
        C_VISIBILITY_PRESET hidden)
endfunction()

# Compiled twice: position-independent code costs the static library a part of its speed.
ctrace_add_library(ctrace_static STATIC)
ctrace_add_library(ctrace_shared SHARED)
set_target_properties(ctrace_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${CTRACE_ABI_VERSION})

include(CheckCSourceCompiles)
set(ctrace_version_script "${CMAKE_CURRENT_LIST_DIR}/exports.map")
set(CMAKE_REQUIRED_LINK_OPTIONS "-Wl,--version-script=${ctrace_version_script}")
check_c_source_compiles("int main(void) { return 0; }" CTRACE_LINKER_HAS_VERSION_SCRIPT)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(CTRACE_LINKER_HAS_VERSION_SCRIPT)
    target_link_options(ctrace_shared PRIVATE "-Wl,--version-script=${ctrace_version_script}")
    set_property(TARGET ctrace_shared APPEND PROPERTY LINK_DEPENDS "${ctrace_version_script}")
endif()

# A thread that emitted calls back into the library when it ends: it is never unloaded.
set(CMAKE_REQUIRED_LINK_OPTIONS "-Wl,-z,nodelete")
check_c_source_compiles("int main(void) { return 0; }" CTRACE_LINKER_HAS_NODELETE)
unset(CMAKE_REQUIRED_LINK_OPTIONS)
if(CTRACE_LINKER_HAS_NODELETE)
    target_link_options(ctrace_shared PRIVATE "-Wl,-z,nodelete")
endif()

if(BUILD_SHARED_LIBS)
    add_library(ctrace::ctrace ALIAS ctrace_shared)
else()
    add_library(ctrace::ctrace ALIAS ctrace_static)
endif()

# A project that takes us in builds what it links, no more.
if(NOT ctrace_top_level AND NOT CTRACE_INSTALL)
    set_target_properties(ctrace_static ctrace_shared PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

file(GLOB ctrace_tool_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.c")
if(ctrace_tool_sources AND (ctrace_top_level OR CTRACE_INSTALL))
    add_executable(ctrace_tool ${ctrace_tool_sources})
    target_include_directories(ctrace_tool PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_compile_definitions(ctrace_tool PRIVATE ${ctrace_feature_macros})
    target_link_libraries(ctrace_tool PRIVATE ctrace_static)
    set_target_properties(ctrace_tool PROPERTIES
        OUTPUT_NAME ctrace C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
endif()
