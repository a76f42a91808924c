#include "results/pages.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::results::has_pages;
using aviary::results::page;
using aviary::test::message_of;
using nlohmann::ordered_json;

// Between the tags of the script with the data.
std::string data_of(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const std::size_t from = page.find(begin) + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(Pages, HoldTheDataWhateverItsNamesAre) {
  if (!has_pages()) GTEST_SKIP() << "built without npm";
  const ordered_json data = {
      {"classes", {"</script><script>alert(1)</script>", "<!--<script>", "a & \"b\" 'c'", "\U0001F600"}}};
  const std::string text = data_of(page("report", data));
  EXPECT_EQ(text.find('<'), std::string::npos) << text;
  EXPECT_EQ(ordered_json::parse(text), data);
}

TEST(Pages, TakeNamesInAnyEncoding) {
  if (!has_pages()) GTEST_SKIP() << "built without npm";
  EXPECT_EQ(data_of(page("report", {"h\xe9ron"})), "[\"h\xef\xbf\xbdron\"]");
}

TEST(Pages, FetchNothing) {
  if (!has_pages()) GTEST_SKIP() << "built without npm";
  const std::string text = page("report", nullptr);
  for (const char* const reference : {"<link", " src=\"", "@import", "url("})
    EXPECT_EQ(text.find(reference), std::string::npos) << reference;
}

TEST(Pages, SaySoWhenOneIsMissing) {
  EXPECT_EQ(aviary::test::message_of<aviary::Error>([] { page("nothing", nullptr); }),
            "this aviary was built without its nothing page, since npm was not at hand; install npm (Debian: npm) and build it "
            "again");
}

}  // namespace
