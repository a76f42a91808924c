#include "weights/zip_archive.hpp"

#include <zip.h>

#include <fmt/format.h>

#include "weights/input_file.hpp"
#include "weights/refusal.hpp"

namespace aviary::weights {

namespace {

struct CloseRecord {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

zip_stat_t describe(zip_t* archive, std::uint64_t index) {
  constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
  zip_stat_t about;
  if (zip_stat_index(archive, index, ZIP_FL_ENC_RAW, &about) != 0 || (about.valid & needed) != needed)
    throw Refusal("its zip directory is damaged; copy it again");
  return about;
}

bool is_stored(const zip_stat_t& about) {
  const bool encrypted = (about.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && about.encryption_method != ZIP_EM_NONE;
  return about.comp_method == ZIP_CM_STORE && about.comp_size == about.size && !encrypted;
}

/// libzip compares the checksum when it is asked for more than there is.
bool read_all(zip_file_t* file, char* place, std::uint64_t bytes) {
  while (bytes > 0) {
    const zip_int64_t got = zip_fread(file, place, bytes);
    if (got <= 0) return false;
    place += got;
    bytes -= static_cast<std::uint64_t>(got);
  }
  char beyond = 0;
  return zip_fread(file, &beyond, 1) == 0;
}

}  // namespace

void ZipArchive::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(const std::filesystem::path& path) {
  const std::uint64_t file_bytes = InputFile(path).size();
  int code = 0;
  archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive_ == nullptr) throw Refusal("its zip directory is missing or damaged; it may be cut, copy it again");
  std::uint64_t total = 0;
  const auto count = static_cast<std::uint64_t>(zip_get_num_entries(archive_.get(), 0));
  for (std::uint64_t index = 0; index < count; ++index) {
    const zip_stat_t about = describe(archive_.get(), index);
    if (!is_stored(about)) continue;
    if (about.size > file_bytes - total)
      throw Refusal(fmt::format("its records up to {} would be larger than the file; it may be cut, copy it again",
                                in_quotes(about.name)));
    total += about.size;
    if (!records_.emplace(about.name, Record{index, about.size}).second)
      throw Refusal(fmt::format("it has the record {} twice", in_quotes(about.name)));
  }
}

void ZipArchive::read(const std::string& name, void* into) const {
  const Record& record = records_.at(name);
  const std::unique_ptr<zip_file_t, CloseRecord> file(zip_fopen_index(archive_.get(), record.index, 0));
  if (file == nullptr || !read_all(file.get(), static_cast<char*>(into), record.bytes))
    throw Refusal(
        fmt::format("its record {} is damaged: it is cut or does not fit its checksum; copy the file again", in_quotes(name)));
}

}  // namespace aviary::weights
