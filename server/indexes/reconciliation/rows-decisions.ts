import type { Step } from "../../batch/definition";
import type { Dates } from "./rules";

/** Stage of a match that a person made. */
export const DECIDED_STAGE = 6;
/** Begins the match id of every decision. */
export const DECISION_PREFIX = "d|";

/** The decision that holds for each item at this close: the last one made for it, until it is revoked. */
export const decidedStep = ({ close }: Dates): Step => ({
  name: "r_decided",
  sql: `
  SELECT item_key, decision_id, kind, '${DECISION_PREFIX}' || decision_id AS match_id FROM (
    SELECT item_key, decision_id, kind, row_number() OVER (PARTITION BY item_key ORDER BY sequence DESC) AS nth
    FROM reconciliation_decisions WHERE business_date <= DATE '${close}'
  ) WHERE nth = 1 AND kind <> 'revoke'`,
});

/** A closed match stands unless a person has since decided otherwise about its item, or has taken the decision back that made it. */
export const stillClosed = (closed: string): string => `
  SELECT c.* FROM (${closed}) c LEFT JOIN r_decided d ON d.item_key = c.item_key
  WHERE CASE WHEN d.item_key IS NOT NULL THEN c.match_id = d.match_id
             ELSE substr(c.match_id, 1, 2) <> '${DECISION_PREFIX}' END`;

/** What people put together, and what they took apart: neither is left to the stages. */
export const decisionSteps = (): Step[] => [
  { name: "r_decided_items", sql: DECIDED_ITEMS },
  { name: "r_decisions", sql: DECISIONS },
  { name: "r_md", sql: DECIDED_MATCHES },
  { name: "r_apart", sql: "SELECT item_key FROM r_decided WHERE kind = 'unmatch'" },
  { name: "r_taken", sql: "SELECT item_key FROM r_md UNION ALL SELECT item_key FROM r_apart" },
];

/** Leaves out what a person has decided about. */
export const notDecided = (alias: string): string =>
  `NOT EXISTS (SELECT 1 FROM r_taken t WHERE t.item_key = ${alias}.item_key)`;

/** Items of decisions that this close makes matches of. A payout stands on our side of the bank's lines. */
const DECIDED_ITEMS = `
  SELECT d.item_key, d.decision_id, d.match_id, d.kind, i.is_internal, i.is_payout, i.currency, i.compared_minor
  FROM r_decided d
  JOIN (
    SELECT item_key, true AS is_internal, false AS is_payout, currency, amount_minor AS compared_minor FROM r_steps
    UNION ALL
    SELECT item_key, false, false, compared_currency, compared_minor FROM r_lines WHERE role = 'payment'
    UNION ALL
    SELECT item_key, true, true, currency, amount_minor FROM r_payouts
  ) i ON i.item_key = d.item_key
  WHERE d.kind IN ('match', 'force_match', 'write_off')
    AND NOT EXISTS (SELECT 1 FROM r_closed c WHERE c.item_key = d.item_key)`;

/** The residual of each: external less internal, known where all is of one currency. */
const DECISIONS = `
  SELECT decision_id, match_id, kind,
    CAST(sum(CASE WHEN is_internal THEN 1 ELSE 0 END) AS BIGINT) AS internals,
    CAST(sum(CASE WHEN is_internal THEN 0 ELSE 1 END) AS BIGINT) AS externals,
    CAST(sum(CASE WHEN is_payout THEN 1 ELSE 0 END) AS BIGINT) AS payouts,
    CASE WHEN min(currency) = max(currency)
      THEN CAST(sum(CASE WHEN is_internal THEN -compared_minor ELSE compared_minor END) AS BIGINT) END AS residual_minor,
    min(CASE WHEN is_payout THEN item_key END) AS first_payout,
    min(CASE WHEN NOT is_internal THEN item_key END) AS first_line,
    CASE WHEN kind = 'write_off' THEN 'written_off' ELSE 'forced' END AS component
  FROM r_decided_items GROUP BY decision_id, match_id, kind`;

const DECIDED_MATCHES = `
  SELECT i.item_key, i.match_id, ${DECIDED_STAGE} AS stage,
    CASE WHEN i.kind = 'write_off' THEN 'write_off'
         ELSE CASE WHEN d.internals > 1 THEN 'n' ELSE CAST(d.internals AS STRING) END || ':'
           || CASE WHEN d.externals < 2 THEN CAST(d.externals AS STRING) WHEN d.internals > 1 THEN 'm' ELSE 'n' END END AS match_type,
    CAST(1.0 AS DOUBLE) AS confidence,
    CASE i.kind WHEN 'match' THEN 'put together by a person'
                WHEN 'force_match' THEN 'put together by a person, whatever differs'
                ELSE 'written off by a person' END AS evidence
  FROM r_decided_items i JOIN r_decisions d ON d.decision_id = i.decision_id`;
