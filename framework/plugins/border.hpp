// The border between host and plugin. Every call into a plugin goes through guarded(): whatever the plugin lets out comes back
// as an Error that names the component and its file; LibTorch's, OpenCV's and the standard library's own words go into its
// detail.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace aviary::plugins {

/// Which component a call goes to: "optimizer sgd (/usr/lib/aviary/plugins/sgd.so)".
struct Callee {
  std::string name;
  std::string file;
};

/// Throws the exception in flight as an Error. Precondition: called from a catch block.
[[noreturn]] void rethrow_as_error(const Callee& callee);

template <class Call>
auto guarded(const Callee& callee, Call&& call) {
  try {
    return std::forward<Call>(call)();
  } catch (...) {
    rethrow_as_error(callee);
  }
}

}  // namespace aviary::plugins
