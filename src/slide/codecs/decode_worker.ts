import { reasonOf } from "../../errors/cannot.ts";
import type { BlockJob } from "./block_job.ts";
import { decodeBlock } from "./decode_block.ts";

/** Message to a worker: blocks to decode. */
export interface DecodeRequest {
  readonly id: number;
  readonly jobs: readonly BlockJob[];
}

/** Message from a worker: that it is ready, or what became of the blocks of a request. */
export type DecodeReply =
  | { readonly ready: true }
  | { readonly id: number; readonly results: readonly DecodeResult[] };

/** A block's RGB, or why it cannot be decoded. */
export type DecodeResult =
  | { readonly rgb: Uint8Array<ArrayBuffer> }
  | { readonly error: { readonly name: string; readonly reason: string } };

/** The part of the worker's global scope that is used; DOM and Deno types name it differently. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeRequest>) => void) | null;
  postMessage(reply: DecodeReply, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: { id, jobs } }) => {
  const results: DecodeResult[] = [];
  for (const job of jobs) results.push(await decode(job));
  const buffers = results.flatMap((result) =>
    "rgb" in result ? [result.rgb.buffer] : []
  );
  scope.postMessage({ id, results }, buffers);
};
scope.postMessage({ ready: true });

async function decode(job: BlockJob): Promise<DecodeResult> {
  try {
    const bytes = await decodeBlock(job);
    // A view of something larger would take all of it along.
    const rgb = bytes.byteLength === bytes.buffer.byteLength
      ? bytes as Uint8Array<ArrayBuffer>
      : bytes.slice();
    return { rgb };
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : "Error";
    return { error: { name, reason: reasonOf(cause) } };
  }
}
