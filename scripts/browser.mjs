// The browser of the console's tests: the one that comes with `npm install`, else one Playwright has installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { chromium as playwright } from "playwright-core";

/** Meant for functions in the cloud: more than one context needs a browser of several processes. */
const SINGLE = new Set(["--single-process", "--no-zygote"]);
const ANSWERS_WITHIN_MS = 30_000;

/** Where a browser is that really starts here, with its arguments; or why there is none. */
export async function findBrowser() {
  const reasons = [];
  try {
    const executablePath = await chromium.executablePath();
    const fault = faultOf(executablePath);
    if (fault === null) {
      return {
        found: true,
        executablePath,
        args: [...chromium.args.filter((argument) => !SINGLE.has(argument)), "--no-sandbox"],
      };
    }
    reasons.push(`the one of @sparticuz/chromium, made for Linux on x64: ${fault}`);
  } catch (error) {
    reasons.push(`the one of @sparticuz/chromium: ${error instanceof Error ? error.message : String(error)}`);
  }
  const installed = playwright.executablePath();
  const fault = existsSync(installed) ? faultOf(installed) : "not installed (npx playwright install chromium)";
  if (fault === null) return { found: true, executablePath: installed, args: [] };
  return { found: false, why: [...reasons, `Playwright's own: ${fault}`].join("; ") };
}

/** Asks for the version: a browser for another system, or without its libraries, cannot even say that. */
function faultOf(executablePath) {
  const { error, status, signal, stderr } = spawnSync(executablePath, ["--version"], { timeout: ANSWERS_WITHIN_MS });
  if (error !== undefined) return `it does not start (${error.message})`;
  if (status === 0) return null;
  const [said = ""] = stderr.toString("utf8").trim().split("\n");
  return `it ends with ${status ?? signal}${said === "" ? "" : `: ${said}`}`;
}
