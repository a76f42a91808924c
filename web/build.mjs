// node build.mjs OUTPUT.cpp: bundles every page of this folder, NAME.html with NAME.js and the styles that it imports, into one
// file without references, and writes them all as C++ (framework/results/pages.hpp). CMake runs it; see cmake/Pages.cmake.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import esbuild from "esbuild";

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// What stands for the mark in the page; a page that lacks one, or has two, was not meant.
function put(page, name, mark, text) {
  const parts = page.split(mark);
  if (parts.length !== 2) throw new Error(`${name}.html: expected ${mark} once, found it ${parts.length - 1} times`);
  return parts.join(text);
}

function bundle(name) {
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [`${name}.js`],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "inline",
    charset: "utf8",
    write: false,
    outdir: "out",
  });
  const text = (extension) => outputFiles.find((file) => file.path.endsWith(extension)).text;
  const [script, style] = [text(".js"), text(".css")];
  let page = readFileSync(`${name}.html`, "utf8");
  if (page.split("%data%").length !== 2) throw new Error(`${name}.html: expected %data% once`);
  // The browser runs these two and nothing else, whatever the data hold.
  page = put(page, name, "%script-hash%", hash(script));
  page = put(page, name, "%style-hash%", hash(style));
  page = put(page, name, "%style%", style);
  return put(page, name, "%script%", script);
}

// A raw string literal may be of any length in GCC and clang.
const literal = (text) => {
  if (text.includes(')page"')) throw new Error('a page holds )page"');
  return `R"page(${text})page"`;
};

const names = readdirSync(".")
  .filter((file) => file.endsWith(".html"))
  .map((file) => file.slice(0, -".html".length));
const entries = names.sort().map((name) => `    {"${name}", ${literal(bundle(name))}},\n`);
writeFileSync(
  process.argv[2],
  `#include "results/page_list.hpp"

namespace aviary::results {

std::vector<Page> all_pages() {
  return {
${entries.join("")}  };
}

}  // namespace aviary::results
`,
);
