# nvcc gets none of the flags that are meant for the C++ compiler. Products and sums are not contracted: the kernel computes as the
# host does.
find_package(CUDAToolkit REQUIRED)
add_library(${name}_kernel OBJECT ${folder}/kernel.cu)
target_include_directories(${name}_kernel PRIVATE ${PROJECT_SOURCE_DIR}/framework/include)
target_compile_options(${name}_kernel PRIVATE --fmad=false -Werror=all-warnings -Xcompiler=-Wall,-Wextra)
# A CUDA LibTorch has the runtime that both must share.
target_link_libraries(${name} PRIVATE ${name}_kernel $<IF:$<BOOL:${AVIARY_CUDA_LIBTORCH}>,CUDA::cudart,CUDA::cudart_static>)
