import { required, type TableSpec } from "../lake/types";

/** Progress of the alert publisher: its marks say up to which version of each table everything was acknowledged. */
export const ALERT_PUBLICATIONS: TableSpec = {
  name: "alert_publications",
  kind: "partial",
  description: "One row per range of alerts or summaries the topic's brokers acknowledged",
  columns: [
    required("table_name", "string", "alerts or stolen_card_summaries"),
    required("version_from", "bigint", "Version of that table up to which was published before"),
    required("version_to", "bigint", "Version up to which is published"),
    required("messages", "bigint", "Messages acknowledged"),
    required("published_at", "timestamp", "When the last of them was acknowledged"),
  ],
  partitionBy: [],
  key: ["table_name", "version_to"],
  sortBy: ["published_at"],
  retention: { logDays: 2, dataDays: 30 },
};
