// Runs the command line.
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

await import(pathToFileURL(`${await bundle()}/cli.mjs`).href);
