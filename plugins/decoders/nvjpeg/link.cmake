# A CUDA LibTorch has the runtime that both must share.
target_link_libraries(${name} PRIVATE CUDA::nvjpeg $<IF:$<BOOL:${AVIARY_CUDA_LIBTORCH}>,CUDA::cudart,CUDA::cudart_static>)
