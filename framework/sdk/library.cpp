// Compiled into every plugin by aviary_add_plugin: what the library was built for, and its one exported symbol.
#include <aviary/stamp.hpp>

// Bounds of section aviary_exports, defined by the linker.
extern "C" {
extern const aviary::Component* const __start_aviary_exports[] __attribute__((visibility("hidden")));  // NOLINT
extern const aviary::Component* const __stop_aviary_exports[] __attribute__((visibility("hidden")));   // NOLINT
extern AVIARY_API const aviary::Library aviary_library;
}

const aviary::Library aviary_library = {AVIARY_SDK_VERSION, __start_aviary_exports, __stop_aviary_exports};

namespace {

AVIARY_KEEP("aviary_stamp")
const char built_for[] = AVIARY_STAMP;

}  // namespace
