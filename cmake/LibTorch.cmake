# Finds LibTorch, says which one it is, and refuses what would fail later, when linking or at the first step. Sets
# AVIARY_CUDA_LIBTORCH where it computes on GPUs, and AVIARY_ONEDNN where predictions call oneDNN.

# Its own choice of GPUs, which it adds to the flags of whoever finds it, may hold ones that the toolkit knows no more.
set(own_cuda_flags "${CMAKE_CUDA_FLAGS}")
find_package(Torch REQUIRED)
set(CMAKE_CUDA_FLAGS "${own_cuda_flags}")

get_filename_component(torch_folder ${TORCH_LIBRARY} DIRECTORY)

# Of the wheels before 2.7; Debian's OpenCV and fmt have std::string in its new form.
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${torch_folder} is built with the C++ ABI of before 2011 "
    "(_GLIBCXX_USE_CXX11_ABI=0), which cannot be linked with this system's OpenCV, fmt and GoogleTest. Take one with the new "
    "ABI: pip's PyTorch from 2.7 on, \"libtorch-cxx11-abi\" from pytorch.org, or Debian's libtorch-dev or libtorch-cuda-dev.")
endif()

# Pip's PyTorch has headers of other libraries beside its own, fmt's and protobuf's among them, in other versions than those that are
# linked here: only its own are taken.
list(GET TORCH_INCLUDE_DIRS 0 torch_headers)
if(NOT torch_headers IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  set(own_headers ${CMAKE_BINARY_DIR}/libtorch)
  file(MAKE_DIRECTORY ${own_headers})
  foreach(folder ATen c10 caffe2 torch)
    file(CREATE_LINK ${torch_headers}/${folder} ${own_headers}/${folder} SYMBOLIC)
  endforeach()
  foreach(target torch torch_cpu torch_cuda c10 c10_cuda)  # the others refer to these
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${own_headers})
    endif()
  endforeach()
  set(TORCH_INCLUDE_DIRS ${own_headers} ${own_headers}/torch/csrc/api/include)
  # Its libraries also export parts of the C++ library of their own compiler, std::filesystem among them, which crash in programs
  # of another one: the system's comes first.
  add_link_options("$<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:SHELL:-Wl,--push-state,--no-as-needed -lstdc++ -Wl,--pop-state>")
endif()

set(AVIARY_CUDA_LIBTORCH OFF)
if(TARGET torch_cuda)
  set(AVIARY_CUDA_LIBTORCH ON)
  # What it was built with is written nowhere else that all of them have.
  file(GLOB torch_cuda_library ${torch_folder}/libtorch_cuda.so)
  if(torch_cuda_library AND CMAKE_READELF)
    execute_process(COMMAND ${CMAKE_READELF} -d ${torch_cuda_library} OUTPUT_VARIABLE needed ERROR_QUIET)
    string(REGEX MATCH "libcudart\\.so\\.([0-9]+)" needed "${needed}")
    set(torch_cuda ${CMAKE_MATCH_1})
  endif()
  message(STATUS "LibTorch ${Torch_VERSION} (${torch_folder}), with CUDA ${torch_cuda}: trains on CPU and GPU")
  if(AVIARY_CUDA AND torch_cuda AND NOT CMAKE_CUDA_COMPILER_VERSION MATCHES "^${torch_cuda}\\.")
    message(FATAL_ERROR "LibTorch ${Torch_VERSION} in ${torch_folder} is built with CUDA ${torch_cuda}, but the toolkit is "
      "${CMAKE_CUDA_COMPILER_VERSION} (${CMAKE_CUDA_COMPILER}): two CUDA runtimes in one program do not share a GPU's memory. "
      "Name a toolkit ${torch_cuda} with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or take a LibTorch for this toolkit.")
  endif()
else()
  message(STATUS "LibTorch ${Torch_VERSION} (${torch_folder}), without CUDA: trains on the CPU")
endif()

# Debian's is linked with oneDNN as a library, which predictions call themselves. Others hold one within, beside which a second one
# had better not stand.
set(AVIARY_ONEDNN OFF)
set(onednn_name "libdnnl\\.so\\.[0-9.]+")
if(CMAKE_READELF)
  execute_process(COMMAND ${CMAKE_READELF} -d ${torch_folder}/libtorch_cpu.so OUTPUT_VARIABLE needed ERROR_QUIET)
endif()
if(needed MATCHES "(${onednn_name})")
  set(needed ${CMAKE_MATCH_1})
  find_library(ONEDNN_LIBRARY dnnl)
  find_path(ONEDNN_HEADERS dnnl.hpp)
  execute_process(COMMAND ${CMAKE_READELF} -d ${ONEDNN_LIBRARY} OUTPUT_VARIABLE found ERROR_QUIET)
  if(ONEDNN_HEADERS AND found MATCHES "soname: .(${onednn_name})" AND CMAKE_MATCH_1 STREQUAL needed)
    set(AVIARY_ONEDNN ON)
    message(STATUS "oneDNN (${needed}), which LibTorch is linked with: predictions call it themselves")
  else()
    message(STATUS "LibTorch is linked with ${needed}, whose headers (libdnnl-dev) are missing: predictions are slower")
  endif()
endif()
