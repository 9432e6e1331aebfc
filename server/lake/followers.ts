import type { Lake } from "./lake";

const PREFIX = "from";

/** Name of the mark with which a follower of `table` says up to which of its versions it has come. */
export const followMark = (table: string, follower: string): string =>
  `${PREFIX}/${table}/${follower.replaceAll(" ", "-")}`;

/** The version of `table` that every follower has come to; null where nobody follows it. Reads every table's log. */
export async function followedTo(lake: Lake, table: string): Promise<number | null> {
  let lowest: number | null = null;
  for (const { marks } of await Promise.all(lake.tables.map((one) => one.refresh()))) {
    for (const [appId, version] of marks) {
      if (!appId.startsWith(`${PREFIX}/${table}/`)) continue;
      if (lowest === null || Number(version) < lowest) lowest = Number(version);
    }
  }
  return lowest;
}
