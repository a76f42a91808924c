# aviary_tensorboard: the records of TensorBoard's event files, from framework/results/tensorboard.proto. A target of its own, since
# what protoc writes is compiled without our warnings.
find_package(Protobuf REQUIRED)

set(generated ${CMAKE_BINARY_DIR}/generated/results)
file(MAKE_DIRECTORY ${generated})
set(proto ${PROJECT_SOURCE_DIR}/framework/results/tensorboard.proto)
add_custom_command(OUTPUT ${generated}/tensorboard.pb.cc ${generated}/tensorboard.pb.h DEPENDS ${proto}
  COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/framework/results --cpp_out=${generated} ${proto})
add_library(aviary_tensorboard STATIC ${generated}/tensorboard.pb.cc ${generated}/tensorboard.pb.h)
set_target_properties(aviary_tensorboard PROPERTIES UNITY_BUILD OFF)
target_include_directories(aviary_tensorboard SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
# Not libprotobuf-lite, though it would do: LibTorch brings the whole one along, and two of them would share their symbols.
# Not the target protobuf::libprotobuf, in place of which pip's PyTorch puts one that is empty.
target_link_libraries(aviary_tensorboard PUBLIC ${Protobuf_LIBRARIES})
