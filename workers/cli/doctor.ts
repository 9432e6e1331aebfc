import { loadSettings, type Settings } from "../../server/config/settings";
import { ConcordanceError } from "../../server/domain/errors";
import { EffectiveSettings } from "../../server/indexes/fraud/settings";
import { loadMapping } from "../../server/pipeline/mapping/load";
import { openProcessLake } from "../../server/process/open-lake";

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly remedy: string | null;
}

/** Looks at configuration and reachability; each fault comes with its cure. */
export async function doctor(request: { lake: string | null; mappings: readonly string[] }): Promise<Check[]> {
  const checks: Check[] = [];
  const check = async <T>(name: string, work: () => Promise<T>, say: (value: T) => string): Promise<T | null> => {
    try {
      const value = await work();
      checks.push({ name, ok: true, message: say(value), remedy: null });
      return value;
    } catch (error) {
      const remedy = error instanceof ConcordanceError ? error.remedy : null;
      checks.push({ name, ok: false, message: error instanceof Error ? error.message : String(error), remedy });
      return null;
    }
  };
  const settings: Settings | null = await check(
    "settings",
    async () => loadSettings(),
    () => "every setting is valid",
  );
  if (settings === null) return checks;
  const address = request.lake ?? settings.lake;
  await check(
    "lake",
    async () => {
      const opened = await openProcessLake(settings, address);
      opened.close();
      return opened.lake.tables.length;
    },
    (tables) => `${address} honours conditional puts; ${tables} tables open`,
  );
  await check(
    "rules",
    () => EffectiveSettings.load(settings.rulesPath),
    (s) => `${s.versions.length} version(s) of settings`,
  );
  await check("card key", settings.cardKey, (key) => `${key.byteLength} bytes`);
  for (const path of request.mappings) {
    await check(
      `mapping ${path}`,
      () => loadMapping(path),
      (mapping) => `valid, produces ${mapping.produces}`,
    );
  }
  return checks;
}
