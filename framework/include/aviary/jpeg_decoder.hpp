// Decodes JPEGs on a device: data.decode_on = "device". What aviary itself has is plugins/decoders/nvjpeg. Called by the
// loader's workers, many at once, on one object.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <opencv2/core/mat.hpp>

#include <aviary/api.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

struct JpegDecoderContext {
  int device = 0;  ///< the GPU's number
};

class AVIARY_API JpegDecoder {
 public:
  using Context = JpegDecoderContext;
  static constexpr Kind kind = Kind::decoder;

  JpegDecoder() = default;
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  virtual ~JpegDecoder();

  /// Why there is no device to decode on, "there is no GPU that ..."; empty where there is one. Asked once, before decode().
  virtual std::string obstacle() const = 0;

  /// The whole picture of a file: 8 bits, BGR, not turned. Empty where it cannot be decoded so, as are files that are cut off,
  /// or of a kind that the device does not know: the CPU tries next. Throws Error where the device itself fails.
  virtual cv::Mat decode(std::span<const std::uint8_t> jpeg) const = 0;
};

}  // namespace aviary

#define AVIARY_JPEG_DECODER(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::JpegDecoder, "decoder", name, Class, Params, summary)
