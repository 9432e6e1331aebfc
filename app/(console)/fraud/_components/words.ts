import { namesOf } from "@/components/ui/names";
import type { Tone } from "@/components/ui/status-badge";
import type { AlertRule, CaseStatus, QueueQuery, Severity } from "@/server/indexes/fraud/contract";

export const ALERT_RULES = namesOf<AlertRule>({
  fraud_score: true,
  stolen_card: true,
  velocity: true,
  acceleration: true,
  blacklisted_party: true,
  repeated_declines: true,
});
export const SEVERITIES = namesOf<Severity>({ HIGH: true, MEDIUM: true, LOW: true });
export const CASE_STATUSES = namesOf<CaseStatus>({
  new: true,
  assigned: true,
  confirmed: true,
  false_positive: true,
  inconclusive: true,
});
export const QUEUE_SORTS = namesOf<QueueQuery["sort"]>({ newest: true, riskiest: true });

const RULES: Readonly<Record<string, { readonly title: string; readonly why: string }>> = {
  fraud_score: { title: "Fraud score", why: "A model scored this payment above a threshold." },
  stolen_card: { title: "Stolen card", why: "The card is on the list of stolen cards." },
  velocity: { title: "Velocity", why: "More payments in one business day than the limit." },
  acceleration: { title: "Acceleration", why: "Far more payments than the business day before." },
  blacklisted_party: {
    title: "Blacklisted party",
    why: "One of the parties is on the blacklist: the payment is denied.",
  },
  repeated_declines: { title: "Repeated declines", why: "Several declines in a row in a short time." },
};

/** A rule made later is shown by its own name. */
export const ruleTitle = (rule: string): string => RULES[rule]?.title ?? rule.replaceAll("_", " ");
export const ruleWhy = (rule: string): string => RULES[rule]?.why ?? "";

export const STATUS_WORDS: Readonly<Record<CaseStatus, string>> = {
  new: "New",
  assigned: "Assigned",
  confirmed: "Confirmed",
  false_positive: "False positive",
  inconclusive: "Inconclusive",
};

export const STATUS_TONES: Readonly<Record<CaseStatus, Tone>> = {
  new: "info",
  assigned: "neutral",
  confirmed: "bad",
  false_positive: "good",
  inconclusive: "neutral",
};

export const severityTone = (severity: string): Tone =>
  severity === "HIGH" ? "bad" : severity === "MEDIUM" ? "warn" : "neutral";

/** "HIGH" as "High". */
export const severityWord = (severity: string): string => severity.charAt(0) + severity.slice(1).toLowerCase();

/** "count_today" as "count today". */
export const plain = (name: string): string => name.replaceAll("_", " ");
