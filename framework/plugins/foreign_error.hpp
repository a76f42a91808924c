// Exceptions of LibTorch, OpenCV and the standard library, told in our words.
#pragma once

#include <exception>
#include <string>

namespace aviary::plugins {

struct ForeignError {
  std::string source;   ///< "LibTorch", "OpenCV", "the C++ library"
  std::string summary;  ///< the first line of what it says
  std::string detail;   ///< all of it
};

/// Precondition: called from a catch block, for an exception that is not an Error.
ForeignError describe_exception_in_flight();

}  // namespace aviary::plugins
