import { ConcordanceError } from "../domain/errors";
import { commitKey } from "./log";
import type { TableSpec } from "./types";

export const versionGone = (spec: TableSpec, version: number, newest: number): ConcordanceError =>
  new ConcordanceError({
    kind: "not_found",
    code: "version_gone",
    message: `Table ${spec.name} cannot be read as of version ${version}: it has versions up to ${newest}, and keeps ${spec.retention.logDays} days of its log.`,
    remedy: "Ask for a later version or instant.",
    at: { table: spec.name, version },
  });

export const versionAhead = (spec: TableSpec, version: number, newest: number): ConcordanceError =>
  new ConcordanceError({
    kind: "data_loss",
    code: "version_ahead",
    message: `Table ${spec.name} was followed up to version ${version} and now ends at ${newest}: it was restored or made anew.`,
    remedy: "Rebuild the partial tables that follow it, or restore the table as it was.",
    at: { table: spec.name, version },
  });

export const logTruncated = (spec: TableSpec, version: number): ConcordanceError =>
  new ConcordanceError({
    kind: "data_loss",
    code: "log_truncated",
    message: `Table ${spec.name}: version ${version} is needed and retention has removed it from the log.`,
    remedy: "Rebuild the partial tables from the raw tables, and keep the log longer than the longest stop.",
    at: { table: spec.name, version },
  });

export function logFileMissing(spec: TableSpec, version: number): ConcordanceError {
  const key = commitKey(spec.name, version);
  return new ConcordanceError({
    kind: "corrupt",
    code: "log_file_missing",
    message: `${key} is missing, and later versions of table ${spec.name} exist.`,
    remedy: "Restore this object from a backup; without it the commits after it cannot be read.",
    at: { key },
  });
}

export function logFileVanished(spec: TableSpec, version: number): ConcordanceError {
  const key = commitKey(spec.name, version);
  return new ConcordanceError({
    kind: "corrupt",
    code: "log_file_vanished",
    message: `${key} exists for writing and is absent for reading.`,
    remedy: "The store is not consistent; use one that is.",
    at: { key },
  });
}
