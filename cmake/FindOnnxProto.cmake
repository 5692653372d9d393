# ONNX's protobuf classes. Its own package configuration names the target onnx_proto (1.12, Debian 12) or ONNX::onnx_proto (1.17,
# Debian 13). Only onnx-ml.pb.h is always there, and onnx_pb.h takes it if ONNX_ML is defined.
find_package(Protobuf QUIET)
find_path(ONNX_INCLUDE_DIR onnx/onnx-ml.pb.h)
find_library(ONNX_PROTO_LIBRARY onnx_proto)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OnnxProto DEFAULT_MSG ONNX_PROTO_LIBRARY ONNX_INCLUDE_DIR Protobuf_FOUND)
if(OnnxProto_FOUND AND NOT TARGET OnnxProto::onnx_proto)
  add_library(OnnxProto::onnx_proto UNKNOWN IMPORTED)
  set_target_properties(OnnxProto::onnx_proto PROPERTIES IMPORTED_LOCATION ${ONNX_PROTO_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${ONNX_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES protobuf::libprotobuf
                        INTERFACE_COMPILE_DEFINITIONS "ONNX_ML=1;ONNX_NAMESPACE=onnx")
endif()
mark_as_advanced(ONNX_INCLUDE_DIR ONNX_PROTO_LIBRARY)
