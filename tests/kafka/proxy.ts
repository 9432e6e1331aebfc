import { connect, createServer, type Socket } from "node:net";

export interface BreakingProxy {
  /** Where clients connect. */
  readonly port: number;
  /** The next so many connections are cut after so many bytes of the broker's answers, the last bytes delivered: in the middle of a response. */
  cutNext(connections: number, bytesBeforeCut: (connection: number) => number): void;
  /** Connections cut so far. */
  cuts(): number;
  /** From now on nothing passes on the connections that are open, and none of them is closed; later ones work. */
  hold(): void;
  close(): Promise<void>;
}

/** A TCP proxy in front of `target` (a port of the loopback interface, known when the first client connects). */
export async function startProxy(target: () => number): Promise<BreakingProxy> {
  const open = new Set<{ readonly client: Socket; readonly broker: Socket; held: boolean }>();
  let toCut = 0;
  let [cutting, cut] = [0, 0];
  let bytesBeforeCut: (connection: number) => number = () => 0;
  const server = createServer((client) => {
    const broker = connect(target(), "127.0.0.1");
    const pair = { client, broker, held: false };
    open.add(pair);
    let left = cutting < toCut ? bytesBeforeCut(cutting++) : Number.POSITIVE_INFINITY;
    const end = () => {
      if (pair.held) return;
      open.delete(pair);
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => {
      if (!pair.held) broker.write(bytes);
    });
    broker.on("data", (bytes) => {
      if (pair.held) return;
      if (bytes.byteLength < left) {
        left -= bytes.byteLength;
        client.write(bytes);
        return;
      }
      cut++;
      client.end(bytes.subarray(0, left));
      left = 0;
      broker.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cutNext: (connections, bytes) => {
      [cutting, toCut] = [0, connections];
      bytesBeforeCut = bytes;
    },
    cuts: () => cut,
    hold: () => {
      for (const pair of open) pair.held = true;
    },
    close: async () => {
      for (const { client, broker } of open) {
        client.destroy();
        broker.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
