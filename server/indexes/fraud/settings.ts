import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { ConcordanceError } from "../../domain/errors";
import { dayNumber } from "../../domain/time";

/** Thresholds of the fraud rules with the defaults of PRODUCT.md section 2. */
export const FraudSettings = z.strictObject({
  fraud_score: z
    .strictObject({
      high: z.number().min(0).max(1).default(0.8),
      medium: z.number().min(0).max(1).default(0.5),
    })
    .prefault({}),
  velocity: z
    .strictObject({
      /** Fires strictly above this many transactions in a business day. */
      transactions: z.number().int().min(1).default(30),
      /** Count a beneficiary that is a merchant too. */
      merchants_as_beneficiaries: z.boolean().default(false),
    })
    .prefault({}),
  acceleration: z
    .strictObject({
      floor: z.number().int().min(1).default(10),
      /** Fires strictly above this multiple of the previous interval's count. */
      ratio: z.number().positive().default(3),
      previous: z.enum(["calendar_day", "last_active_day"]).default("calendar_day"),
    })
    .prefault({}),
  repeated_declines: z
    .strictObject({
      declines: z.number().int().min(2).default(5),
      window_minutes: z.number().int().min(1).max(1440).default(60),
    })
    .prefault({}),
});
export type FraudSettings = z.infer<typeof FraudSettings>;

const RulesFile = z.strictObject({
  rules: z.array(
    z.strictObject({
      effective_from: z.string(),
      set_by: z.string().min(1),
      reason: z.string().min(1),
      settings: z.record(z.string(), z.record(z.string(), z.unknown())),
    }),
  ),
});

export interface SettingsVersion {
  /** First business day it holds, days since 1970-01-01. */
  readonly fromDay: number;
  readonly settings: FraudSettings;
  /** Eight hexadecimal characters that change with any setting. */
  readonly version: string;
}

/** Settings by business day: each entry of the file changes the ones before it from its day on. */
export class EffectiveSettings {
  private constructor(readonly versions: readonly SettingsVersion[]) {}

  static defaults(): EffectiveSettings {
    return new EffectiveSettings([versionOf(Number.MIN_SAFE_INTEGER, FraudSettings.parse({}))]);
  }

  /** Throws code `bad_rules` with every fault listed. */
  static parse(text: string, path: string): EffectiveSettings {
    const parsed = RulesFile.safeParse(parseYaml(text) ?? { rules: [] });
    if (!parsed.success) {
      throw badRules(
        path,
        parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`),
      );
    }
    const faults: string[] = [];
    const versions = [versionOf(Number.MIN_SAFE_INTEGER, FraudSettings.parse({}))];
    let merged: Record<string, Record<string, unknown>> = {};
    const entries = [...parsed.data.rules].sort((a, b) => (a.effective_from < b.effective_from ? -1 : 1));
    entries.forEach((entry, index) => {
      for (const [rule, values] of Object.entries(entry.settings))
        merged = { ...merged, [rule]: { ...merged[rule], ...values } };
      const settings = FraudSettings.safeParse(merged);
      const day = /^\d{4}-\d{2}-\d{2}$/.test(entry.effective_from) ? safeDay(entry.effective_from) : null;
      if (day === null)
        faults.push(`rules.${index}.effective_from: "${entry.effective_from}" is not a date YYYY-MM-DD`);
      if (!settings.success)
        faults.push(...settings.error.issues.map((i) => `rules.${index}.settings.${i.path.join(".")}: ${i.message}`));
      if (settings.success && day !== null) versions.push(versionOf(day, settings.data));
    });
    if (faults.length > 0) throw badRules(path, faults);
    return new EffectiveSettings(versions);
  }

  static async load(path: string | null): Promise<EffectiveSettings> {
    return path === null ? EffectiveSettings.defaults() : EffectiveSettings.parse(await readFile(path, "utf8"), path);
  }

  /** The settings in force on a business day. */
  on(businessDay: number): SettingsVersion {
    let found = this.versions[0];
    for (const version of this.versions) if (version.fromDay <= businessDay) found = version;
    if (found === undefined) throw new Error("settings without a first version");
    return found;
  }
}

function safeDay(date: string): number | null {
  try {
    return dayNumber(date);
  } catch {
    return null;
  }
}

const versionOf = (fromDay: number, settings: FraudSettings): SettingsVersion => ({
  fromDay,
  settings,
  version: createHash("sha256").update(JSON.stringify(settings)).digest("hex").slice(0, 8),
});

const badRules = (path: string, faults: readonly string[]) =>
  new ConcordanceError({
    kind: "config",
    code: "bad_rules",
    message: `The rules file ${path} has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    remedy: "Correct each line; docs/rules.md describes every setting.",
    at: { path },
  });
