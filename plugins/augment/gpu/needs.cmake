if(NOT AVIARY_CUDA)
  set(missing "CUDA Toolkit")
endif()
