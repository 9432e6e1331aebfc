// The house rules no linter knows (docs/design.md): file and function sizes, the closed vocabulary of an index, no path of a machine.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const FILE_LINES_MAX = 400;
const VOCABULARY =
  /^(README\.md|(tables|events|rules|steps|settings|projection|tick|batch|final|(queries|mutations|rows|contract)(-[a-z]+)?|case-mirror|contract|ingest|router)(\.test)?\.(ts|sql)|[a-z-]+\.test\.ts)$/;

const files = execFileSync("git", ["ls-files"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));
const faults = [];
for (const file of files) {
  const source = /\.(ts|tsx|mjs)$/.test(file) && !/iso4217\.ts$/.test(file);
  const text = source || file.endsWith(".md") ? readFileSync(file, "utf8") : "";
  if (source && text.split("\n").length > FILE_LINES_MAX) faults.push(`${file}: more than ${FILE_LINES_MAX} lines`);
  const slice = /^server\/indexes\/[^/]+\/(.+)$/.exec(file);
  if (slice !== null && !VOCABULARY.test(slice[1])) faults.push(`${file}: an index has no room of this name`);
  if (/(^|[\s"'`(])\/(root|home)\/\w/.test(text)) faults.push(`${file}: names a path of one machine`);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.stdout.write(`structure: ${files.length} files, ${faults.length} faults\n`);
process.exit(faults.length === 0 ? 0 : 1);
