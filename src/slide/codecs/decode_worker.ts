import { reasonOf } from "../../errors/cannot.ts";
import type { BlockJob } from "./block_job.ts";
import { decodeBlock } from "./decode_block.ts";

/** Message to a worker: a block to decode. */
export interface DecodeRequest {
  readonly id: number;
  readonly job: BlockJob;
}

/** Message from a worker: that it is ready, a block's RGB, or why it cannot be decoded. */
export type DecodeReply =
  | { readonly ready: true }
  | { readonly id: number; readonly rgb: Uint8Array<ArrayBuffer> }
  | {
    readonly id: number;
    readonly error: { readonly name: string; readonly reason: string };
  };

/** The part of the worker's global scope that is used; DOM and Deno types name it differently. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeRequest>) => void) | null;
  postMessage(reply: DecodeReply, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { id, job } }) => {
  try {
    const bytes = await decodeBlock(job);
    // A view of something larger would take all of it along.
    const rgb = bytes.byteLength === bytes.buffer.byteLength
      ? bytes as Uint8Array<ArrayBuffer>
      : bytes.slice();
    scope.postMessage({ id, rgb }, [rgb.buffer]);
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : "Error";
    scope.postMessage({ id, error: { name, reason: reasonOf(cause) } });
  }
};
scope.postMessage({ ready: true });
