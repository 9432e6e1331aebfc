// Runs everything (README): node scripts/start.mjs [--data DIR] [--port N] [--tps N] [--no-simulator]
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

await import(pathToFileURL(`${await bundle()}/start.mjs`).href);
