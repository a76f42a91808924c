// Writes a file so that readers, and a machine that loses power, see the old one or the new one and never a part. Called for
// checkpoints and all else that a later run depends on; from any thread, also for the same path at once (the last one stays).
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace aviary::weights {

/// Writes the chunks one after the other. The folder must exist. Throws aviary::Error when that fails; then what was at `path`
/// is as before, and nothing else is left in the folder.
void write_whole_file(const std::filesystem::path& path, std::span<const std::string_view> chunks);

/// Makes renamed, new and removed names in `folder` last through a power failure.
void sync_folder(const std::filesystem::path& folder);

}  // namespace aviary::weights
