#include "plugins/border.hpp"

#include <fmt/format.h>

#include <aviary/error.hpp>

#include "plugins/foreign_error.hpp"

namespace aviary::plugins {

void rethrow_as_error(const Callee& callee) {
  const std::string who = fmt::format("{} ({})", callee.name, callee.file);
  try {
    throw;
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", who, error.what()), error.fault(), error.detail());
  } catch (...) {
    const ForeignError foreign = describe_exception_in_flight();
    throw Error(fmt::format("{} failed; {} says: {}", who, foreign.source, foreign.summary), Fault::work, foreign.detail);
  }
}

}  // namespace aviary::plugins
