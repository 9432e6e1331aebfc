import { z } from "zod";
import { InstantText } from "../domain/answer";
import { ROLES } from "../indexes/names";

const ColumnKey = z.string().min(1).max(60);
const COLUMNS_MAX = 100;

/** Columns of a table as somebody arranged them. */
export const ColumnArrangement = z.object({
  /** Keys in the order chosen; columns made later come behind. */
  order: z.array(ColumnKey).max(COLUMNS_MAX),
  hidden: z.array(ColumnKey).max(COLUMNS_MAX),
  shown: z.array(ColumnKey).max(COLUMNS_MAX),
  /** Pixels by key. */
  widths: z.record(ColumnKey, z.number().int().min(1).max(4_000)),
});
export type ColumnArrangement = z.infer<typeof ColumnArrangement>;

/** The table's id in the console, e.g. `fraud-queue`. */
const TableId = z.string().regex(/^[a-z][a-z0-9-]{0,59}$/);
const ViewId = z.string().min(1).max(60);
const ViewName = z.string().trim().min(1, "Give the view a name").max(80);
/** Query part of an address, without "?": the filters and the sort. */
const ViewQuery = z.string().max(4_000);
const SharedWith = z.enum(ROLES).nullable();

export const SavedView = z.object({
  id: z.string(),
  name: z.string(),
  query: z.string(),
  /** Null: as the table was made. */
  columns: ColumnArrangement.nullable(),
  /** Everybody of this role sees it; null: its owner only. */
  sharedWith: SharedWith,
  owner: z.string(),
  /** This person made it. */
  own: z.boolean(),
  /** This person may change, share and remove it. */
  editable: z.boolean(),
  /** This person's table opens with it. */
  isDefault: z.boolean(),
  at: InstantText,
});
export type SavedView = z.infer<typeof SavedView>;

export const ViewsQuery = z.object({ table: TableId });
export const SavedViews = z.object({
  views: z.array(SavedView),
  /** Roles this person may share a view with. */
  mayShareWith: z.array(z.enum(ROLES)),
});
export type SavedViews = z.infer<typeof SavedViews>;

export const SaveViewCommand = z.object({
  table: TableId,
  name: ViewName,
  query: ViewQuery,
  columns: ColumnArrangement.nullable(),
  sharedWith: SharedWith.default(null),
});
export type SaveViewCommand = z.infer<typeof SaveViewCommand>;

/** What is left out stays as it is. */
export const ChangeViewCommand = z.object({
  id: ViewId,
  name: ViewName.optional(),
  query: ViewQuery.optional(),
  columns: ColumnArrangement.nullable().optional(),
  sharedWith: SharedWith.optional(),
});
export type ChangeViewCommand = z.infer<typeof ChangeViewCommand>;

export const RemoveViewCommand = z.object({ id: ViewId });
/** Null: the table opens as it was made. */
export const DefaultViewCommand = z.object({ table: TableId, id: ViewId.nullable() });
