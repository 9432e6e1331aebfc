import { describe, expect, it } from "vitest";
import { selectionOf } from "./selection";

function open(keys: readonly string[], chosen: readonly string[], everywhere: boolean | null = null) {
  const now = { selected: new Set(chosen) as ReadonlySet<string>, everywhere };
  const selection = selectionOf({
    keys,
    selected: now.selected,
    onSelect: (selected) => {
      now.selected = selected;
    },
    allPages:
      everywhere === null
        ? undefined
        : {
            chosen: everywhere,
            onChange: (all) => {
              now.everywhere = all;
            },
          },
  });
  return { selection, now };
}

describe("the selection of a table", () => {
  it("is whole only with every loaded row, and an empty table has nothing to select", () => {
    expect(open(["a", "b"], ["a"]).selection).toMatchObject({ all: false, some: true });
    expect(open(["a", "b"], ["a", "b"]).selection).toMatchObject({ all: true, some: false });
    expect(open([], []).selection).toMatchObject({ all: false, some: false });
  });

  it("over all pages holds rows that are not loaded, and ends with the first row taken out", () => {
    const { selection, now } = open(["a", "b"], ["a", "b"], true);
    expect(selection.has("not loaded")).toBe(true);
    selection.toggle("b");
    expect(now).toEqual({ selected: new Set(["a"]), everywhere: false });
  });

  it("over all pages is emptied by the box of the head", () => {
    const { selection, now } = open(["a", "b"], ["a", "b"], true);
    selection.toggleAll();
    expect(now).toEqual({ selected: new Set(), everywhere: false });
  });

  it("adds a row to those chosen before", () => {
    const { selection, now } = open(["a", "b", "c"], ["a"], false);
    selection.toggle("c");
    expect(now.selected).toEqual(new Set(["a", "c"]));
  });
});
