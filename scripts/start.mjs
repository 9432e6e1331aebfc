// Runs everything (README): node scripts/start.mjs [--data DIR] [--port N] [--tps N] [--no-simulator]
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

process.argv.splice(2, 0, "start");
await import(pathToFileURL(`${await bundle()}/cli.mjs`).href);
