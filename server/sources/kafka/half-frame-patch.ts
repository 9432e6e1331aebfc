import { createRequire } from "node:module";

interface Connection {
  isConnected(): boolean;
  connect(): Promise<unknown>;
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
}

const FRAME_LENGTH_BYTES = 4;
const MENDED = Symbol.for("concordance.kafkajs.half-frame");

/**
 * kafkajs 2.2.4 keeps the beginning of a response that was cut in the middle and puts the next connection's first
 * response behind it: from then on nothing is understood and nothing is said (tulios/kafkajs#715). A connection that is
 * made anew must begin with an empty buffer.
 */
export function mendHalfFrames(): void {
  const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/connection") as {
    prototype: Connection & { [MENDED]?: true };
  };
  if (prototype[MENDED] === true) return;
  prototype[MENDED] = true;
  const { connect } = prototype;
  prototype.connect = function connectWithEmptyBuffer(this: Connection) {
    if (!this.isConnected()) {
      this.chunks = [];
      this.bytesBuffered = 0;
      this.bytesNeeded = FRAME_LENGTH_BYTES;
    }
    return connect.call(this);
  };
}
