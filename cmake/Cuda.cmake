# AVIARY_CUDA: whether what computes on GPUs by itself is built, with the CUDA Toolkit (12 or 13). AUTO: where nvcc is found.
# A CUDA LibTorch needs none of it, nor does it need a CUDA LibTorch. After this file AVIARY_CUDA is ON or OFF.
set(AVIARY_CUDA AUTO CACHE STRING "AUTO, ON or OFF: build with the CUDA Toolkit")
set_property(CACHE AVIARY_CUDA PROPERTY STRINGS AUTO ON OFF)

if(AVIARY_CUDA)
  # The toolkit's own place is seldom in PATH.
  find_program(CMAKE_CUDA_COMPILER nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(CMAKE_CUDA_COMPILER)
    # From Turing to Hopper; later ones compile the last one's PTX.
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90 CACHE STRING "GPUs to compile for")
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 17)  # of nvcc, CMake 3.25 knows no later one
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(AVIARY_CUDA ON)
    message(STATUS "CUDA Toolkit ${CMAKE_CUDA_COMPILER_VERSION} (${CMAKE_CUDA_COMPILER}), for sm_ ${CMAKE_CUDA_ARCHITECTURES}")
  elseif(AVIARY_CUDA STREQUAL AUTO)
    unset(CMAKE_CUDA_COMPILER CACHE)  # a CUDA LibTorch looks for one itself
    set(AVIARY_CUDA OFF)
    message(STATUS "no CUDA Toolkit")
  else()
    message(FATAL_ERROR "AVIARY_CUDA is ON, but there is no nvcc, neither in PATH nor in /usr/local/cuda/bin. Install the CUDA "
      "Toolkit (Debian: nvidia-cuda-toolkit), or name it with -DCMAKE_CUDA_COMPILER=/path/to/nvcc, or set AVIARY_CUDA=OFF.")
  endif()
endif()
