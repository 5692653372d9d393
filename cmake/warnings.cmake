# Warnings are errors where the tests are built by the compiler that they were last built with. A newer one knows of warnings that
# nobody has seen, and must not break the build at a user's place; sanitizers bring false alarms.
option(POISE_WERROR "treat warnings as errors" OFF)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(POISE_WERROR OR (POISE_TESTS AND NOT POISE_PYTHON AND NOT POISE_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL Release AND CMAKE_CXX_COMPILER_ID STREQUAL GNU
                    AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13))
  add_compile_options(-Werror)
endif()
if(POISE_NATIVE)
  add_compile_options(-march=native)
endif()
