import type { Exponents } from "../amounts";
import type { StatementAssembler } from "../assembler";
import { refuse } from "../faults";
import type { StatementParser } from "../parser";
import { decodeXml } from "./decode";
import { CamtStatement, type MessageFacts } from "./statement";
import { textAt, type XmlHandler, type XmlNode, XmlReader } from "./tree";

const [VERSION_MIN, VERSION_MAX] = [2, 13];

/**
 * Reads an ISO 20022 bank-to-customer statement, camt.053.001.02 to .13, told apart by namespace. Entries are handed on
 * one by one and the payments of a grouped entry one by one before it, so neither a long statement nor a large batch is
 * held in memory.
 */
export const readCamt053: StatementParser = async function* (input, assembler, facts) {
  const handler = new MessageHandler(assembler, facts.exponents ?? {});
  const reader = new XmlReader(handler);
  handler.lineOf = () => reader.line;
  for await (const text of decodeXml(input.chunks)) {
    reader.write(text);
    yield;
  }
  reader.end();
  if (assembler.version === null) refuse("unsupported_message", "The XML holds no ISO 20022 document.", {});
};

class MessageHandler implements XmlHandler {
  lineOf: () => number = () => 1;
  private readonly message: MessageFacts = { messageId: null };
  private statement: CamtStatement | null = null;
  private statements = 0;

  constructor(
    private readonly assembler: StatementAssembler,
    private readonly exponents: Exponents,
  ) {}

  open(name: string, namespace: string): boolean {
    if (this.statement !== null) return true;
    if (name === "Document") this.readVersion(namespace);
    else if (name === "Stmt") {
      const { assembler, exponents, message } = this;
      this.statements++;
      this.statement = new CamtStatement({ assembler, exponents, message, number: this.statements, line: this.lineOf });
    }
    return name === "GrpHdr";
  }

  close(name: string): void {
    if (name !== "Stmt") return;
    this.statement?.close();
    this.statement = null;
  }

  inside(node: XmlNode, ancestors: readonly XmlNode[]): boolean {
    return this.statement?.inside(node, ancestors) ?? false;
  }

  tree(node: XmlNode): void {
    if (this.statement !== null) this.statement.part(node);
    else this.message.messageId = textAt(node, "MsgId");
  }

  private readVersion(namespace: string): void {
    const where = { line: this.lineOf(), path: "Document" };
    const match = /:(camt\.053\.001\.(\d{2}))$/.exec(namespace);
    if (match === null) {
      refuse("unsupported_message", `The document is "${namespace}".`, where, {
        expected: "camt.053",
        found: namespace === "" ? "no namespace" : namespace,
      });
    }
    const version = Number(match[2]);
    if (version < VERSION_MIN || version > VERSION_MAX)
      refuse("unsupported_version", `The document is ${match[1]}.`, where, {
        expected: `version ${VERSION_MIN} to ${VERSION_MAX}`,
        found: version,
      });
    this.assembler.version = match[1] ?? null;
  }
}
