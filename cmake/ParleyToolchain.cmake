# Language level, warnings, sanitizers, linker and compiler cache: one place for all targets.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(PARLEY_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")
option(PARLEY_LIBFUZZER "Build the fuzz targets with libFuzzer (needs clang)" OFF)
option(PARLEY_TESTS "Build the tests" ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Asserts stay on in release (PARLEY_ASSERT does not look at NDEBUG); -g1 keeps backtraces readable
# at a third of the object size of -g.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")

# A program that was watched at work is compiled for the paths that it takes (`make tuned`).
set(PARLEY_PROFILE "" CACHE STRING "collect: write a profile when a program ends; use: compile by it")
set(PARLEY_PROFILE_DATA ${CMAKE_SOURCE_DIR}/build/profile/data CACHE PATH "Where the profile is")
if(PARLEY_PROFILE AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    message(FATAL_ERROR "PARLEY_PROFILE needs g++, not ${CMAKE_CXX_COMPILER_ID}")
endif()
if(PARLEY_PROFILE STREQUAL "collect")
    set(profile -fprofile-generate=${PARLEY_PROFILE_DATA} -fprofile-update=atomic)
elseif(PARLEY_PROFILE STREQUAL "use")
    # What was not watched is compiled as ever, not for size.
    set(profile -fprofile-use=${PARLEY_PROFILE_DATA} -fprofile-partial-training
                -Wno-missing-profile -Wno-coverage-mismatch)
endif()
if(PARLEY_PROFILE)
    # Both builds name their objects from their own folder, so that one finds what the other wrote.
    list(APPEND profile -fprofile-prefix-path=${CMAKE_BINARY_DIR})
    add_compile_options(${profile})
    add_link_options(${profile})
endif()

find_program(PARLEY_CCACHE ccache)
if(PARLEY_CCACHE AND NOT PARLEY_PROFILE STREQUAL "use")  # it does not see that a profile changed
    set(CMAKE_CXX_COMPILER_LAUNCHER ${PARLEY_CCACHE})
endif()
find_program(PARLEY_MOLD mold)
if(PARLEY_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
                    -Wunused -Woverloaded-virtual -Wconversion -Wno-sign-conversion
                    -Wimplicit-fallthrough -fno-strict-aliasing)
# g++ 12 warns about the padding of std::expected and std::variant where nothing is uninitialised.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized -Wno-missing-field-initializers)
else()
    add_compile_options(-Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
endif()
# Portable binaries: every x86-64 server of the last fifteen years; faster paths dispatch at run time.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-march=x86-64-v2)
endif()

if(PARLEY_SANITIZE)
    add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_LIBFUZZER)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# The packet path is optimised as one program where programs ask for it (parley_optimise_whole): a fifth
# of a packet's instructions. Its objects hold both forms, so that tests link as quickly as ever.
option(PARLEY_LTO "Optimise the packet path of the programs at link time (g++, optimised builds)" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo"
   OR PARLEY_SANITIZE)
    set(PARLEY_LTO OFF)
endif()
if(PARLEY_LTO)
    add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:PARLEY_WHOLE>>>:-fno-lto>)
endif()

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
