# ctrace_target(<target> "<name>"): the part of the program that the spans and events of <target>
# name as theirs, such as "shop::db". Without it each file goes by its own name.
function(ctrace_target target name)
    target_compile_definitions(${target} PRIVATE TRACE_TARGET="${name}")
endfunction()
