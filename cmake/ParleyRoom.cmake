# One folder = one target. A room names the rooms below it; what it does not name does not link.

# parley_room(NAME [rooms and libraries...] [PRIVATE libraries...] [DEFINE macros...] [TEST libraries...])
# Builds parley_NAME from the folder's *.cpp and NAME_test from its *_test.cpp.
function(parley_room name)
    cmake_parse_arguments(ARG "" "" "PRIVATE;DEFINE;TEST" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS *.cpp)
    file(GLOB tests CONFIGURE_DEPENDS *_test.cpp)
    list(REMOVE_ITEM sources ${tests} "")
    if(sources)
        add_library(parley_${name} STATIC ${sources})
        set(scope PUBLIC)
    else()
        add_library(parley_${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(parley_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(parley_${name} ${scope} ${ARG_UNPARSED_ARGUMENTS})
    if(sources)
        target_link_libraries(parley_${name} PRIVATE ${ARG_PRIVATE})
        target_compile_definitions(parley_${name} PRIVATE ${ARG_DEFINE})
        if(PARLEY_LTO AND name IN_LIST PARLEY_PACKET_PATH)
            target_compile_options(parley_${name} PRIVATE -flto -ffat-lto-objects)
        endif()
    endif()
    if(tests AND PARLEY_TESTS)
        parley_test(${name}_test SOURCES ${tests} LIBS parley_${name} ${ARG_TEST})
    endif()
endfunction()

# The rooms that a packet passes through. parley_room() compiles them for optimisation at link time.
set(PARLEY_PACKET_PATH base net trace crypto rtp srtp media stun ice dtls cc sfu peer node runtime)

# parley_optimise_whole(TARGET): optimises the packet path of a program as a whole.
function(parley_optimise_whole target)
    if(PARLEY_LTO)
        set_target_properties(${target} PROPERTIES PARLEY_WHOLE ON)
        # mold takes the machine code of objects that hold both forms.
        target_link_options(${target} PRIVATE -fuse-ld=bfd -flto=2 -O2)
    endif()
endfunction()

# Paths of the checkout reach tests through one object, not through every command line: else the
# compiler's cache would serve one checkout only.
if(PARLEY_TESTS)
    configure_file(${CMAKE_SOURCE_DIR}/cmake/source_dir.cpp.in
                   ${CMAKE_BINARY_DIR}/generated/source_dir.cpp @ONLY)
    add_library(parley_source_dir STATIC ${CMAKE_BINARY_DIR}/generated/source_dir.cpp)
    target_include_directories(parley_source_dir PUBLIC ${CMAKE_SOURCE_DIR}/src)
endif()

# parley_test(NAME SOURCES files... LIBS targets...): a GoogleTest executable in bin/tests.
function(parley_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${ARG_LIBS} parley_source_dir
                                          gtest gmock gtest_main Threads::Threads)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/tests)
    add_test(NAME ${name} COMMAND ${name})
endfunction()

# parley_fuzz(NAME LIBS targets...): fuzz/NAME_fuzz.cpp with the corpus fuzz/corpus/NAME/.
# With libFuzzer it is a fuzzer; everywhere it is a unit test that replays the corpus and a fixed
# number of seeded mutations of it.
function(parley_fuzz name)
    cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
    if(PARLEY_LIBFUZZER)
        add_executable(${name}_fuzz ${name}_fuzz.cpp)
        target_link_libraries(${name}_fuzz PRIVATE ${ARG_LIBS})
        target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
        set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/fuzz)
    endif()
    if(PARLEY_TESTS)
        parley_test(${name}_fuzz_test SOURCES ${name}_fuzz.cpp corpus_test.cpp LIBS ${ARG_LIBS})
        target_compile_definitions(${name}_fuzz_test PRIVATE
            PARLEY_CORPUS="/fuzz/corpus/${name}")
    endif()
endfunction()
