// Appends each event to a file, a line each.
#include <aviary/event_sink.hpp>

#include <fstream>
#include <string>

#include <aviary/error.hpp>

namespace {

struct Params {
  std::string file;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("file", &Params::file, "where the events go; what is there already stays").required();
  }
};

class @Name@ final : public aviary::EventSink {
 public:
  explicit @Name@(const Params& params) : params_(params) {}

  void write(const std::string& event) override {
    if (!file_.is_open()) file_.open(params_.file, std::ios::app);
    if (!(file_ << event << std::endl)) throw aviary::Error("cannot write " + params_.file);
  }

 private:
  Params params_;
  std::ofstream file_;
};

}  // namespace

AVIARY_EVENT_SINK("@name@", @Name@, Params, "Append each event to a file")
