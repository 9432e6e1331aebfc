import sax from "sax";
import { refuse } from "../faults";

/** One element of a part of the message that is read as a whole. */
export interface XmlNode {
  readonly name: string;
  readonly currency: string | null;
  readonly children: XmlNode[];
  text: string;
}

const DEPTH_MAX = 64;
const NODES_MAX = 20_000;
const TEXT_CHARS_MAX = 64 * 1024;

/** strictEntities: only the five entities of XML, none of HTML's; the type declarations do not know it yet. */
const OPTIONS: sax.SAXOptions & { readonly strictEntities: true } = {
  xmlns: true,
  position: true,
  strictEntities: true,
};

/** What is done with elements: which are kept as trees and who takes them. */
export interface XmlHandler {
  /** An element outside any tree, with its namespace; true to have it and all within it kept as a tree. */
  open(name: string, namespace: string): boolean;
  close(name: string): void;
  /** An element inside a tree has ended; true to drop it from its parent, because it was dealt with. */
  inside(node: XmlNode, ancestors: readonly XmlNode[]): boolean;
  tree(node: XmlNode): void;
}

/**
 * Feeds text to a strict XML parser and cuts it into small trees, so that a message of any size is read in little memory.
 * Document types are refused, so no entity but the five of XML is ever expanded.
 */
export class XmlReader {
  private readonly parser = sax.parser(true, OPTIONS);
  private readonly names: string[] = [];
  private readonly open: XmlNode[] = [];
  private nodes = 0;
  private rootClosed = false;

  constructor(private readonly handler: XmlHandler) {
    this.parser.ondoctype = () => this.refuseDeclaration();
    this.parser.onsgmldeclaration = () => this.refuseDeclaration();
    this.parser.onerror = (error) => this.refuseXml(error.message.split("\n")[0] ?? "");
    this.parser.onopentag = (tag) => this.opened(tag as sax.QualifiedTag);
    this.parser.onclosetag = () => this.closed();
    this.parser.ontext = (text) => this.characters(text);
    this.parser.oncdata = (text) => this.characters(text);
  }

  get line(): number {
    return this.parser.line + 1;
  }

  write(text: string): void {
    this.parser.write(text);
  }

  end(): void {
    if (!this.rootClosed) refuse("bad_xml", "The XML ends before its last element is closed.", { line: this.line });
    this.parser.close();
  }

  private refuseDeclaration(): never {
    return refuse("document_type_refused", "The XML declares a document type.", { line: this.line });
  }

  private refuseXml(message: string): never {
    return refuse("bad_xml", `Not well-formed XML: ${message}.`, { line: this.line });
  }

  private opened(tag: sax.QualifiedTag): void {
    const { local } = tag;
    this.names.push(local);
    if (this.names.length > DEPTH_MAX)
      refuse("too_complex", `Elements nested deeper than ${DEPTH_MAX}.`, { line: this.line });
    const parent = this.open.at(-1);
    if (parent === undefined && !this.handler.open(local, tag.uri)) return;
    if (++this.nodes > NODES_MAX)
      refuse("too_complex", `More than ${NODES_MAX} elements in one part of the message.`, { line: this.line });
    const currency = Object.hasOwn(tag.attributes, "Ccy") ? (tag.attributes.Ccy?.value ?? null) : null;
    const node: XmlNode = { name: local, currency, children: [], text: "" };
    if (parent !== undefined) {
      // Elements hold text or elements, never both: what stood between two of them was white space.
      parent.text = "";
      parent.children.push(node);
    }
    this.open.push(node);
  }

  private closed(): void {
    const name = this.names.pop() ?? "";
    this.rootClosed = this.names.length === 0;
    const node = this.open.pop();
    if (node === undefined) {
      this.handler.close(name);
      return;
    }
    node.text = node.text.trim();
    const parent = this.open.at(-1);
    if (parent === undefined) {
      this.nodes = 0;
      this.handler.tree(node);
      return;
    }
    if (this.handler.inside(node, this.open)) {
      parent.children.pop();
      this.nodes -= size(node);
    }
  }

  private characters(text: string): void {
    const node = this.open.at(-1);
    if (node === undefined) return;
    node.text += text;
    if (node.text.length > TEXT_CHARS_MAX)
      refuse("too_complex", `A text longer than ${TEXT_CHARS_MAX} characters.`, { line: this.line });
  }
}

const size = (node: XmlNode): number => node.children.reduce((sum, child) => sum + size(child), 1);

export const child = (node: XmlNode | undefined, name: string): XmlNode | undefined =>
  node?.children.find((candidate) => candidate.name === name);

export const all = (node: XmlNode | undefined, name: string): XmlNode[] =>
  node?.children.filter((candidate) => candidate.name === name) ?? [];

/** The element at a path of names; undefined where a step is missing. */
export const at = (node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined =>
  path.reduce<XmlNode | undefined>(child, node);

/** Text of the element at a path; null where there is none. */
export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | null {
  const text = at(node, ...path)?.text ?? "";
  return text === "" ? null : text;
}
