# Tests that need what not every machine has. Without it they say what they need, and are skipped.
include(CheckSymbolExists)
include(CheckCXXSourceCompiles)

# ctrace_test_if(AVAILABLE NAME SOURCE NEEDS): sets ctrace_test_added.
function(ctrace_test_if available name source needs)
    set(ctrace_test_added FALSE PARENT_SCOPE)
    if(${available})
        ctrace_add_test("integration/${source}" integration/${name} ctrace_static)
        set(ctrace_test_added TRUE PARENT_SCOPE)
    else()
        add_test(NAME integration/${name} COMMAND sh -c "echo 'skipped: needs ${needs}'; exit 77")
        set_tests_properties(integration/${name} PROPERTIES SKIP_RETURN_CODE 77)
    endif()
endfunction()

# ctrace_test_with(LIBRARY HEADER PACKAGE NAME)
function(ctrace_test_with library header package name)
    find_path(CTRACE_TEST_${library}_HEADER ${header})
    find_library(CTRACE_TEST_${library}_LIBRARY ${library})
    set(found FALSE)
    if(CTRACE_TEST_${library}_HEADER AND CTRACE_TEST_${library}_LIBRARY)
        set(found TRUE)
    endif()
    ctrace_test_if(found ${name} ${name}_test.c ${package})
    if(ctrace_test_added)
        target_link_libraries(test_integration_${name} PRIVATE "${CTRACE_TEST_${library}_LIBRARY}")
    endif()
endfunction()

ctrace_test_with(uv uv.h libuv1-dev uv)
ctrace_test_with(pcl pcl.h libpcl1-dev coroutine_pcl)

check_symbol_exists(makecontext ucontext.h CTRACE_TEST_HAS_UCONTEXT)
foreach(name coroutine coroutine_story)
    ctrace_test_if(CTRACE_TEST_HAS_UCONTEXT ${name} ${name}_test.c "makecontext() in libc")
endforeach()

function(ctrace_check_cxx_coroutines)
    set(CMAKE_CXX_STANDARD 20)
    check_cxx_source_compiles(
        "#include <coroutine>\nint main() { return std::coroutine_handle<>() != nullptr; }"
        CTRACE_TEST_HAS_CXX_COROUTINES)
endfunction()

if(CMAKE_CXX_COMPILER)
    ctrace_check_cxx_coroutines()
    ctrace_test_if(CTRACE_TEST_HAS_CXX_COROUTINES coroutine_awaiter coroutine_awaiter_test.cpp
        "a compiler of C++20 coroutines")
    if(ctrace_test_added)
        set_target_properties(test_integration_coroutine_awaiter PROPERTIES CXX_STANDARD 20)
    endif()
endif()
