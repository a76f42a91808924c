#include "plugins/loading.hpp"

#include <unistd.h>

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include <aviary/error.hpp>

namespace aviary::plugins {
namespace {

constinit const char* file_being_loaded = nullptr;  // there before any other static object loads a plugin

[[noreturn]] void end_because_initialiser_threw() {
  std::string cause = "an exception of unknown type";
  try {
    if (std::current_exception()) throw;
  } catch (const std::exception& error) {
    cause = error.what();
  } catch (...) {
  }
  const std::string sentence = fmt::format(
      "aviary: {} threw an exception while it was being loaded (a static initialiser): {}; remove or mend this plugin\n",
      file_being_loaded, cause.substr(0, cause.find('\n')));
  [[maybe_unused]] const auto written = write(STDERR_FILENO, sentence.data(), sentence.size());
  _exit(1);
}

class LoadingGuard {
 public:
  explicit LoadingGuard(const std::filesystem::path& file) : before_(std::set_terminate(end_because_initialiser_threw)) {
    file_being_loaded = file.c_str();
  }
  LoadingGuard(const LoadingGuard&) = delete;
  LoadingGuard& operator=(const LoadingGuard&) = delete;
  ~LoadingGuard() { std::set_terminate(before_); }

 private:
  std::terminate_handler before_;
};

}  // namespace

const Library* load_library(const std::filesystem::path& file) {
  // Never destroyed: static destructors of plugins run after main, and their code must still be there.
  static auto& open = *new std::vector<boost::dll::shared_library>;
  const LoadingGuard guard(file);
  try {
    using boost::dll::load_mode::rtld_local;
    using boost::dll::load_mode::rtld_now;
    auto& library = open.emplace_back(std::filesystem::absolute(file), rtld_now | rtld_local);
    const auto* const described = &library.get<const Library>("aviary_library");
    if (described->sdk_version == AVIARY_SDK_VERSION) return described;
    throw Error(fmt::format("was built for SDK version {}, this aviary has {}; rebuild it", described->sdk_version,
                            AVIARY_SDK_VERSION));
  } catch (const boost::dll::fs::system_error& error) {
    throw Error(fmt::format("cannot be loaded: {}", error.what()));
  } catch (const Error&) {
    throw;
  } catch (...) {
    // Some versions of the C library let the exception through; the loader's own state is then not to be trusted any more.
    end_because_initialiser_threw();
  }
}

}  // namespace aviary::plugins
