export interface RawPart {
  readonly text: string;
  readonly marked: boolean;
}

/** Values this short stand everywhere in a record: marking them would mislead. */
const VALUE_CHARS_MIN = 3;

/** Cuts the bytes as they came around what is at fault: the field's value where it can be found, else its name. */
export function markRaw(raw: string, field: string | null, value: string | null): readonly RawPart[] {
  const whole = [{ text: raw, marked: false }];
  if (field === null) return whole;
  const found = (wanted: string) => (wanted === "" ? -1 : raw.indexOf(wanted));
  const name = found(`"${field}"`);
  if (name >= 0) return cut(raw, name, endOfMember(raw, name + field.length + 2));
  if (value === null || value.length < VALUE_CHARS_MIN) return whole;
  const at = found(value);
  return at < 0 ? whole : cut(raw, at, at + value.length);
}

/** The end of `: value` behind a member's name; of the name itself where none follows. */
function endOfMember(raw: string, afterName: number): number {
  const match = /^\s*:\s*("(?:[^"\\]|\\.)*"|[^,}\]\s]+)/.exec(raw.slice(afterName));
  return afterName + (match?.[0].length ?? 0);
}

function cut(raw: string, from: number, to: number): readonly RawPart[] {
  return [
    { text: raw.slice(0, from), marked: false },
    { text: raw.slice(from, to), marked: true },
    { text: raw.slice(to), marked: false },
  ].filter(({ text }) => text !== "");
}
