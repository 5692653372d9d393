# POISE_SANITIZE: a -fsanitize= list, e.g. "address,undefined" or "thread".
set(POISE_SANITIZE "" CACHE STRING "sanitizers to build with")
if(POISE_SANITIZE)
  add_compile_options(-fsanitize=${POISE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${POISE_SANITIZE})
endif()
