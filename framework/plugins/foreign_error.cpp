#include "plugins/foreign_error.hpp"

#include <new>

#include <c10/util/Exception.h>
#include <opencv2/core.hpp>

namespace aviary::plugins {
namespace {

ForeignError described(std::string source, const std::string& text, std::string detail) {
  return {std::move(source), text.substr(0, text.find('\n')), std::move(detail)};
}

}  // namespace

ForeignError describe_exception_in_flight() {
  try {
    throw;
  } catch (const c10::Error& error) {
    return described("LibTorch", error.what_without_backtrace(), error.what());
  } catch (const cv::Exception& error) {
    return described("OpenCV", error.err, error.what());
  } catch (const std::bad_alloc&) {
    return described("the C++ library", "out of memory", "std::bad_alloc");
  } catch (const std::exception& error) {
    return described("the C++ library", error.what(), error.what());
  } catch (...) {
    return described("it", "an exception of unknown type", "");
  }
}

}  // namespace aviary::plugins
