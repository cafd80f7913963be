import type { Faulty } from "./inject_faults.ts";
import {
  type RangeRequest,
  rangeResponse,
  type RangeServer,
  startRangeServer,
} from "./range_server.ts";

/** How a server fails at a request; those in {@linkcode LASTING} fail at all further ones too. */
export type NetworkFault =
  | "drops"
  | "drops for good"
  | "stalls"
  | "stalls midway"
  | "stalls for good"
  | "500"
  | "500 for good"
  | "404"
  | "too little"
  | "another range"
  | "the whole file"
  | "changed";

/** All of them. */
export const NETWORK_FAULTS: readonly NetworkFault[] = [
  ...["drops", "drops for good", "stalls", "stalls midway"] as const,
  ...["stalls for good", "500", "500 for good", "404"] as const,
  ...["too little", "another range", "the whole file", "changed"] as const,
];

const LASTING: readonly NetworkFault[] = [
  ...["drops for good", "stalls for good", "500 for good", "changed"] as const,
];

/** Serves a file, and fails at the n-th request since it was armed. */
export class FaultyServer implements AsyncDisposable {
  readonly #file: Uint8Array<ArrayBuffer>;
  readonly #server: RangeServer;
  #fault: NetworkFault | undefined;
  #at = Infinity;
  #calls = 0;
  #failed: string | undefined;
  #tag = '"one"';
  readonly #stalled: (() => void)[] = [];

  /** Starts it. */
  constructor(file: Uint8Array<ArrayBuffer>) {
    this.#file = file;
    this.#server = startRangeServer(file, (asked) => this.#answer(asked));
  }

  /** The file. */
  get url(): string {
    return this.#server.url;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  /** Has the request `at`, from 0, fail, until the result is disposed of. A file that has changed stays as it is. */
  arm(fault: NetworkFault, at: number): Faulty {
    this.#fault = fault;
    this.#at = at;
    this.#calls = 0;
    this.#failed = undefined;
    this.#tag = '"one"';
    const calls = () => this.#calls;
    const failed = () => this.#failed;
    return {
      get calls() {
        return calls();
      },
      get failed() {
        return failed();
      },
      [Symbol.dispose]: () => {
        this.#fault = undefined;
        for (const end of this.#stalled.splice(0)) end();
      },
    };
  }

  #answer(asked: RangeRequest): Response | Promise<Response> {
    const { start, end } = asked;
    const fault = this.#fault;
    const at = this.#calls++;
    const lasts = fault && LASTING.includes(fault);
    const fails = fault && (at === this.#at || (lasts && at > this.#at));
    const tag = { ETag: this.#tag };
    if (!fails) return rangeResponse(this.#file, { start, end }, tag);
    this.#failed ??= `request ${at}`;
    const { headers, status } = rangeResponse(this.#file, { start, end }, tag);
    const half = this.#file.slice(start, (start + end) >> 1);
    const begin = (controller: ReadableStreamDefaultController) =>
      controller.enqueue(half);
    switch (fault) {
      case "drops":
      case "drops for good": {
        const pull = (controller: ReadableStreamDefaultController) =>
          controller.error(new Error("injected"));
        const body = new ReadableStream({ start: begin, pull });
        return new Response(body, { status, headers });
      }
      case "stalls":
      case "stalls for good":
        return new Promise((resolve) =>
          this.#stalled.push(() => resolve(new Response()))
        );
      case "stalls midway": {
        const body = new ReadableStream({ start: begin });
        return new Response(body, { status, headers });
      }
      case "500":
      case "500 for good":
        return new Response("", { status: 500 });
      case "404":
        return new Response("", { status: 404 });
      case "too little":
        return new Response(half, { status, headers });
      case "another range": {
        const other = { start: start + 1, end: end + 1 };
        return rangeResponse(this.#file, other, tag);
      }
      case "the whole file":
        return new Response(this.#file);
      case "changed":
        this.#tag = '"two"';
        return rangeResponse(this.#file, { start, end }, { ETag: this.#tag });
    }
  }
}
