import type { RequestItem, RequestValue } from "../../db/reconciliation";
import { addDays } from "../../domain/calendar/business-days";
import { ConcordanceError } from "../../domain/errors";
import { exponentOf, parseDecimal } from "../../domain/money";
import type { BusinessDate } from "../../domain/time";
import { sqlText } from "../../lake/duckdb";
import type { LakeView } from "../../query/reader";
import { bigOrNull, type Row, text, textOrNull, wholeOrNull } from "../../query/values";
import { STATEMENT_LINES } from "../../statements/intake/tables";
import type { DecideCommand } from "./contract-decisions";
import { DECIDED_KEY } from "./queries-breaks";
import type { PinnedClose } from "./queries-closes";
import type { ApprovalLimits } from "./settings";

/** An open item, or finding, as a decision is checked against it. */
export interface Checked extends RequestItem {
  readonly state: string;
  readonly rowKind: string;
  readonly role: string;
  readonly breakId: string | null;
  readonly isInternal: boolean;
  readonly isPayout: boolean;
  /** What it is compared by: before fees, in the currency it was paid in. */
  readonly comparedMinor: bigint | null;
  readonly comparedCurrency: string | null;
  readonly decided: string | null;
}

/** Rows of the close by what a decision names, with what each is compared by and the decision that holds for it. */
export async function checkedItems(
  view: LakeView,
  { rows, decisions }: Pick<PinnedClose, "rows" | "decisions">,
  where: string,
): Promise<Map<string, Checked>> {
  const found = await view.rows(`
    SELECT r.*, ${DECIDED_KEY} AS decided_key, a.decision AS decided FROM ${rows} r
      LEFT JOIN (
        SELECT item_key AS of_item, kind AS decision FROM (
          SELECT item_key, kind, row_number() OVER (PARTITION BY item_key ORDER BY sequence DESC) AS nth FROM ${decisions}
        ) WHERE nth = 1 AND kind <> 'revoke'
      ) a ON a.of_item = ${DECIDED_KEY}
     WHERE row_kind IN ('item', 'finding') AND (${where})`);
  const lines = await comparedOf(view, found);
  return new Map(found.map((row) => [text(row, "decided_key"), checkedOf(row, lines)]));
}

interface Compared {
  readonly currency: string;
  readonly minor: bigint;
}

/** A processor's line is known with its payout, which may come this long after its booking. */
const KNOWN_AFTER_DAYS = 60;

/** What lines are compared by where that is not their own amount, as the rules have it (steps.ts). */
async function comparedOf(view: LakeView, items: readonly Row[]): Promise<ReadonlyMap<string, Compared>> {
  const keys = items.flatMap((row) => textOrNull(row, "line_key") ?? []);
  const dates = items.flatMap((row) => textOrNull(row, "item_date") ?? []).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (keys.length === 0 || first === undefined || last === undefined) return new Map();
  const min = addDays(first as BusinessDate, -KNOWN_AFTER_DAYS);
  const rows = await view.rows(`
    SELECT line_key, format, currency, amount_minor, gross_currency, gross_minor, instructed_amount, instructed_currency
      FROM ${await view.scan(STATEMENT_LINES.name, { column: "booking_date", min, max: last })}
     WHERE line_key IN (${keys.map(sqlText).join(", ")})`);
  return new Map(rows.flatMap((row) => comparedOfLine(row) ?? []));
}

function comparedOfLine(row: Row): [string, Compared][] | null {
  const key = text(row, "line_key");
  const [asked, amount] = [textOrNull(row, "instructed_currency"), textOrNull(row, "instructed_amount")];
  const exponent = asked === null || asked === text(row, "currency") ? null : exponentOf(asked);
  const parsed = amount === null ? null : parseDecimal(amount);
  if (asked !== null && exponent !== null && parsed?.ok === true) {
    const whole = magnitude(scaledTo(parsed.value, exponent));
    return [[key, { currency: asked, minor: (bigOrNull(row, "amount_minor") ?? 0n) < 0n ? -whole : whole }]];
  }
  const [currency, minor] = [textOrNull(row, "gross_currency"), bigOrNull(row, "gross_minor")];
  const processed = ["stripe", "adyen", "nacha"].includes(text(row, "format"));
  return processed && currency !== null && minor !== null ? [[key, { currency, minor }]] : null;
}

/** Rounded half up. */
function scaledTo({ unscaled, scale }: { unscaled: bigint; scale: number }, exponent: number): bigint {
  if (scale <= exponent) return unscaled * 10n ** BigInt(exponent - scale);
  const unit = 10n ** BigInt(scale - exponent);
  return (magnitude(unscaled) + unit / 2n) / unit;
}

function checkedOf(row: Row, lines: ReadonlyMap<string, Compared>): Checked {
  const compared = lines.get(textOrNull(row, "line_key") ?? "");
  const amount = bigOrNull(row, "gross_minor") ?? bigOrNull(row, "amount_minor") ?? bigOrNull(row, "difference_minor");
  const [currency, exponent] = [textOrNull(row, "currency"), wholeOrNull(row, "exponent")];
  const isItem = text(row, "row_kind") === "item";
  return {
    itemKey: text(row, "decided_key"),
    side: text(row, "side"),
    reference: textOrNull(row, "reference") ?? textOrNull(row, "transaction_id"),
    currency,
    exponent,
    amountMinor: amount === null ? null : String(amount),
    state: text(row, "state"),
    rowKind: text(row, "row_kind"),
    role: text(row, "role"),
    breakId: textOrNull(row, "break_id"),
    isInternal: text(row, "side") === "internal" || text(row, "role") === "payout",
    isPayout: isItem && text(row, "role") === "payout",
    comparedMinor: isItem ? (compared?.minor ?? amount) : bigOrNull(row, "difference_minor"),
    comparedCurrency: compared?.currency ?? currency,
    decided: textOrNull(row, "decided"),
  };
}

type Compare = Pick<Checked, "currency" | "exponent" | "isInternal" | "comparedMinor" | "comparedCurrency">;

/** What a decision comes to: the residual, known within one currency, and what the limit is compared with. */
export interface Weighed {
  readonly residualMinor: bigint | null;
  readonly value: readonly RequestValue[];
  readonly needsApproval: boolean;
}

/** Sums of both sides per currency; their difference is external less internal. */
export function sidesOf(items: readonly Compare[]) {
  const sides = new Map<string, { currency: string; exponent: number; internalMinor: bigint; externalMinor: bigint }>();
  for (const item of items) {
    if (item.comparedCurrency === null || item.comparedMinor === null) continue;
    const sum = sides.get(item.comparedCurrency) ?? {
      currency: item.comparedCurrency,
      exponent:
        item.comparedCurrency === item.currency ? (item.exponent ?? 2) : (exponentOf(item.comparedCurrency) ?? 2),
      internalMinor: 0n,
      externalMinor: 0n,
    };
    sides.set(item.comparedCurrency, {
      ...sum,
      internalMinor: sum.internalMinor + (item.isInternal ? item.comparedMinor : 0n),
      externalMinor: sum.externalMinor + (item.isInternal ? 0n : item.comparedMinor),
    });
  }
  return [...sides.values()];
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * A write-off is weighed by what is given up, everything else by the larger of both sides: two payments put together
 * wrongly cost that much, whatever the residual.
 */
export function weigh(kind: string, items: readonly Compare[], limits: ApprovalLimits): Weighed {
  const sides = sidesOf(items);
  const [only] = sides;
  const residualMinor = only === undefined || sides.length > 1 ? null : only.externalMinor - only.internalMinor;
  const value = sides.map(({ currency, exponent, internalMinor, externalMinor }) => {
    const whole = larger(magnitude(internalMinor), magnitude(externalMinor));
    const amount = kind === "write_off" && sides.length === 1 ? magnitude(externalMinor - internalMinor) : whole;
    return { currency, exponent, amountMinor: String(amount) };
  });
  const needsApproval = value.some(
    ({ currency, exponent, amountMinor }) => BigInt(amountMinor) > limitOf(limits, currency, exponent),
  );
  return { residualMinor, value, needsApproval };
}

/** Above this many minor units a second person has to agree. */
export const limitOf = (limits: ApprovalLimits, currency: string, exponent: number): bigint => {
  const own = limits.limitsMinor[currency];
  return own === undefined ? BigInt(limits.otherUnits) * 10n ** BigInt(exponent) : BigInt(own);
};

const refused = (code: string, message: string, remedy: string) =>
  new ConcordanceError({ kind: "conflict", code, message, remedy });

/** The items of a group, where a person may decide so about them. Throws what is wrong with the first that may not be decided. */
export function checkGroup(
  kind: DecideCommand["kind"],
  { itemKeys }: DecideCommand["groups"][number],
  found: ReadonlyMap<string, Checked>,
): Checked[] {
  const items = [...new Set(itemKeys)].map((key) => {
    const item = found.get(key);
    if (item !== undefined && item.state !== "matched") return item;
    throw refused(
      "item_not_open",
      `${item?.reference ?? key} is not open at the newest close: it was matched, or resolved, meanwhile.`,
      "Read the list again.",
    );
  });
  const decided = items.find((item) => item.decided !== null && item.decided !== "unmatch");
  if (decided !== undefined) {
    throw refused(
      "item_decided",
      `${decided.reference ?? decided.itemKey} is decided already; the next run shows it.`,
      "Take that decision back first.",
    );
  }
  if (kind !== "write_off") checkTogether(kind, items);
  return items;
}

function checkTogether(kind: "match" | "force_match", items: readonly Checked[]): void {
  if (items.some(({ rowKind }) => rowKind === "finding")) {
    throw refused("finding_not_matched", "A finding is about a match that stands.", "Accept it with a write-off.");
  }
  if (items.length < 2) {
    throw refused("one_item", "One item alone cannot be put together.", "Add what belongs to it, or write it off.");
  }
  const payouts = items.some(({ isPayout }) => isPayout);
  if (payouts && items.some(({ isInternal, isPayout }) => isInternal && !isPayout)) {
    throw refused(
      "payout_with_payments",
      "A payout belongs to bank lines, not to payments.",
      "Choose the bank's lines.",
    );
  }
  const sides = sidesOf(items);
  if (payouts && sides.length > 1) {
    throw refused(
      "payout_currencies",
      "A payout and its bank lines are of one currency.",
      "Choose lines of its currency.",
    );
  }
  if (kind === "force_match") return;
  const apart = sides.filter(({ internalMinor, externalMinor }) => internalMinor !== externalMinor);
  if (apart.length === 0) return;
  throw refused(
    "sums_differ",
    "Both sides do not add up to the same, so this is no match.",
    "Force the match, which states the residual, or write the difference off.",
  );
}
