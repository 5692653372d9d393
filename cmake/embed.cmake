# Writes a file's bytes as a C++ array: cmake -DINPUT=… -DOUTPUT=… -DNAME=kName -DNAMESPACE=poise::inline\ data -P embed.cmake
# defines `kName` and `kNameSize` there.
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
get_filename_component(input_name ${INPUT} NAME)
file(WRITE ${OUTPUT} "// Made from ${input_name} by cmake/embed.cmake.
namespace ${NAMESPACE} {
extern const unsigned char ${NAME}[];
extern const unsigned long ${NAME}Size;
const unsigned char ${NAME}[] = {${bytes}};
const unsigned long ${NAME}Size = ${size};
}  // namespace ${NAMESPACE}
")
