// What this compilation is built for, as the text that plugins carry and the host compares: one "key=value" a line after the
// magic word. SDK, LibTorch, OpenCV's major and minor version, string ABI and sanitizer must agree; compiler and standard
// library are there for the message.
#pragma once

#include <torch/version.h>
#include <opencv2/core/version.hpp>

#include <aviary/plugin.hpp>

#define AVIARY_TEXT_(x) #x
#define AVIARY_TEXT(x) AVIARY_TEXT_(x)

#if defined(__SANITIZE_ADDRESS__)
#define AVIARY_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__)
#define AVIARY_SANITIZER "thread"
#else
#define AVIARY_SANITIZER "none"
#endif

#define AVIARY_STAMP                                                                                                              \
  "aviary-plugin"                                                                                                                 \
  "\nsdk=" AVIARY_TEXT(AVIARY_SDK_VERSION) "\nlibtorch=" TORCH_VERSION "\nopencv=" AVIARY_TEXT(CV_VERSION_MAJOR) "." AVIARY_TEXT( \
      CV_VERSION_MINOR) "\ncxx11_abi=" AVIARY_TEXT(_GLIBCXX_USE_CXX11_ABI) "\nsanitizer=" AVIARY_SANITIZER                        \
                                                                           "\ncompiler=" __VERSION__                              \
                                                                           "\nstdlib=libstdc++ " AVIARY_TEXT(__GLIBCXX__)
