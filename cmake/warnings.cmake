# Warnings are errors in developer builds only: a newer compiler at a user's place must not break the build.
option(POISE_WERROR "treat warnings as errors" OFF)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(POISE_WERROR)
  add_compile_options(-Werror)
endif()
if(POISE_NATIVE)
  add_compile_options(-march=native)
endif()
