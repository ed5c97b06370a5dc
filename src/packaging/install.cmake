# Headers, libraries, and what find_package(libctrace) and pkg-config need.
include(CMakePackageConfigHelpers)

set(ctrace_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/libctrace")

install(DIRECTORY include/ctrace DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(TARGETS ctrace_static ctrace_shared EXPORT libctrace
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT libctrace NAMESPACE ctrace:: FILE libctraceTargets.cmake
        DESTINATION "${ctrace_package_dir}")
if(TARGET ctrace_tool)
    install(TARGETS ctrace_tool RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

configure_package_config_file(src/packaging/libctraceConfig.cmake.in libctraceConfig.cmake
                              INSTALL_DESTINATION "${ctrace_package_dir}"
                              NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(libctraceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/libctraceConfig.cmake"
              "${PROJECT_BINARY_DIR}/libctraceConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/ctrace_target.cmake"
        DESTINATION "${ctrace_package_dir}")

# The prefix is found from where the file lies, so that an installed tree can be moved. An absolute
# folder (as distributions give) must not be put behind the prefix.
set(ctrace_pc_PREFIX "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
    string(REGEX REPLACE "/$" "" up "${up}")
    set(ctrace_pc_PREFIX "\${pcfiledir}/${up}")
endif()
foreach(dir LIB INCLUDE)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}DIR}")
        set(ctrace_pc_${dir}DIR "${CMAKE_INSTALL_${dir}DIR}")
    else()
        set(ctrace_pc_${dir}DIR "\${prefix}/${CMAKE_INSTALL_${dir}DIR}")
    endif()
endforeach()
configure_file(src/packaging/libctrace.pc.in libctrace.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/libctrace.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
