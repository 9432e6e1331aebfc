/** Selection over every page of a query, for tables whose verbs run on the server by that query. */
export interface AllPages {
  /** Every row under the filter is meant, loaded or not. */
  readonly chosen: boolean;
  readonly onChange: (chosen: boolean) => void;
}

export interface RowSelection {
  /** Every loaded row is selected. */
  readonly all: boolean;
  readonly some: boolean;
  has(key: string): boolean;
  toggle(key: string): void;
  toggleAll(): void;
}

export interface Selectable {
  /** Keys of the loaded rows. */
  readonly keys: readonly string[];
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (selected: ReadonlySet<string>) => void;
  readonly allPages: AllPages | undefined;
}

/** What the check boxes show and do. Taking one row out of a selection over all pages leaves the loaded ones. */
export function selectionOf({ keys, selected, onSelect, allPages }: Selectable): RowSelection {
  const everywhere = allPages?.chosen === true;
  const all = everywhere || (keys.length > 0 && keys.every((key) => selected.has(key)));
  return {
    all,
    some: selected.size > 0 && !all,
    has: (key) => everywhere || selected.has(key),
    toggle: (key) => {
      const next = new Set(everywhere ? keys : selected);
      if (!next.delete(key)) next.add(key);
      allPages?.onChange(false);
      onSelect(next);
    },
    toggleAll: () => {
      allPages?.onChange(false);
      onSelect(all ? new Set() : new Set(keys));
    },
  };
}
