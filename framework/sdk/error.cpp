#include <aviary/error.hpp>

#include <utility>

namespace aviary {

Error::Error(const std::string& message, Fault fault) : Error(message, fault, "") {}

Error::Error(const std::string& message, Fault fault, std::string detail)
    : std::runtime_error(message), fault_(fault), detail_(std::move(detail)) {}

Error::~Error() = default;

}  // namespace aviary
