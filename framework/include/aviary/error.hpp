// The one exception type of Aviary. Plugins throw it with a sentence for the user: what was expected, what was found, what to
// do. The host adds which plugin and file it came from. Whatever else a plugin lets out (LibTorch's, OpenCV's and the standard
// library's exceptions) is caught at the border and told in the same form.
#pragma once

#include <stdexcept>
#include <string>

#include <aviary/api.hpp>

namespace aviary {

/// Decides the program's exit code: the work failed (1), or the command line or recipe is wrong (2).
enum class Fault { work, usage };

class AVIARY_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, Fault fault = Fault::work);
  /// `detail` is the foreign library's own text; people see it with --verbose.
  Error(const std::string& message, Fault fault, std::string detail);
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() override;

  Fault fault() const { return fault_; }
  const std::string& detail() const { return detail_; }

 private:
  Fault fault_;
  std::string detail_;
};

}  // namespace aviary
