import type { Auth } from "../auth/auth";
import type { Database } from "../db/connect";
import type { CaseMirror } from "../indexes/fraud/case-mirror";
import type { EffectiveSettings } from "../indexes/fraud/settings";
import type { Logger } from "../observability/log";
import type { WebMetrics } from "../observability/metrics";
import type { LakeReader } from "../query/reader";
import type { StatementSources } from "../statements/intake/sources";

/** What the web process holds for as long as it lives. */
export interface Services {
  readonly reader: LakeReader;
  readonly database: Database;
  readonly cases: CaseMirror;
  /** The fraud rules in force. */
  readonly rules: () => EffectiveSettings;
  /** Effective-dated settings of the finals, and the limits of approvals; null: the defaults. */
  readonly finalsPath: string | null;
  readonly auth: Auth;
  /** What deliveries of statement files must keep to. */
  readonly statements: { readonly bytesMax: number; readonly sources: StatementSources };
  readonly metrics: WebMetrics;
  readonly log: Logger;
}
