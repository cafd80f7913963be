import { reasonOf } from "../errors/cannot.ts";
import type { Flip, Normalization } from "../kernels/tile.ts";
import {
  importOnnxruntime,
  type Onnxruntime,
  type OrtSession,
  type OrtTensor,
  SESSION_OPTIONS,
} from "./onnxruntime.ts";
import {
  accumulate,
  accumulateClasses,
  centerBytes,
  finish,
  loadTile,
  type ResultKind,
  resultViews,
} from "./tile_steps.ts";

/** Messages to the worker, which are done one after the other. */
export type CpuCommand =
  /** Prepares a network for square tiles of `side` pixels. */
  | {
    readonly kind: "open";
    readonly session: string;
    readonly side: number;
    /** Channels of its logits. */
    readonly channels: number;
    readonly model: Uint8Array<ArrayBuffer>;
  }
  /** Frees a network. */
  | { readonly kind: "release"; readonly session: string }
  /** Begins a tile. */
  | {
    readonly kind: "load";
    readonly tile: number;
    readonly side: number;
    readonly classes: number;
    readonly picture: Uint8Array<ArrayBuffer>;
  }
  /** Runs a network over a tile, and adds its share of the probability. */
  | {
    readonly kind: "run";
    readonly tile: number;
    readonly session: string;
    readonly normalization: Normalization;
    readonly flip: Flip;
    readonly weight: number;
    readonly softmax: boolean;
    /** The threshold of votes, if they are counted. */
    readonly vote?: number;
  }
  /** Ends a tile: its results go into `into`. */
  | ResultKind & {
    readonly kind: "finish";
    readonly tile: number;
    readonly center: number;
    readonly threshold: number;
    readonly into: ArrayBuffer;
  }
  /** Frees a tile without results. */
  | { readonly kind: "drop"; readonly tile: number }
  /** Frees everything and ends the worker. */
  | { readonly kind: "end" };

/** Message to a worker, with a number for its reply. */
export interface CpuRequest {
  readonly id: number;
  readonly command: CpuCommand;
}

/** Milliseconds of a command by step. */
export type CpuTimes = Readonly<Record<string, number>>;

/** Message from a worker: that it is ready or cannot start, or the end of a command. */
export type CpuReply =
  | { readonly ready: true; readonly failure?: string }
  | {
    readonly id: number;
    readonly times: CpuTimes;
    readonly buffer?: ArrayBuffer;
  }
  | { readonly id: number; readonly error: string };

/** The part of the worker's global scope that is used; DOM and Deno types name it differently. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<CpuRequest>) => void) | null;
  postMessage(reply: CpuReply, transfer?: Transferable[]): void;
  close(): void;
}

interface Session {
  readonly session: OrtSession;
  readonly image: OrtTensor;
  readonly logits: OrtTensor;
}

interface TileState {
  readonly side: number;
  readonly classes: number;
  readonly picture: Uint8Array;
  readonly probability: Float32Array;
  /** The sum of votes, once there is one. */
  votes?: Float32Array;
}

const scope = globalThis as unknown as WorkerScope;
const sessions = new Map<string, Session>();
const tiles = new Map<number, TileState>();
/** Inputs and outputs of networks by side of tiles and channels: one network runs at a time. */
const tensors = new Map<string, Omit<Session, "session">>();

function tensorsOf(
  ort: Onnxruntime,
  side: number,
  channels: number,
): Omit<Session, "session"> {
  const key = `${side} ${channels}`;
  const known = tensors.get(key);
  if (known) return known;
  const tensor = (channels: number) =>
    new ort.Tensor(
      "float32",
      new Float32Array(channels * side * side),
      [1, channels, side, side],
    );
  const made = { image: tensor(3), logits: tensor(channels) };
  tensors.set(key, made);
  return made;
}

async function perform(
  ort: Onnxruntime,
  command: CpuCommand,
): Promise<{ readonly times: CpuTimes; readonly buffer?: ArrayBuffer }> {
  const times: Record<string, number> = {};
  let start = performance.now();
  const timed = (step: string) => {
    const now = performance.now();
    times[step] = now - start;
    start = now;
  };
  switch (command.kind) {
    case "open": {
      const { session: key, side, channels, model } = command;
      const session = await ort.InferenceSession
        .create(model, SESSION_OPTIONS);
      model.buffer.transfer?.(0); // the session has its own copy
      sessions.set(key, { session, ...tensorsOf(ort, side, channels) });
      break;
    }
    case "release": {
      const { session } = sessions.get(command.session) ?? {};
      sessions.delete(command.session);
      await session?.release();
      const used = new Set([...sessions.values()].map(({ image }) => image));
      for (const [key, { image }] of tensors) {
        if (!used.has(image)) tensors.delete(key);
      }
      break;
    }
    case "load": {
      const { tile, side, classes, picture } = command;
      const probability = new Float32Array(classes * side * side);
      tiles.set(tile, { side, classes, picture, probability });
      break;
    }
    case "run": {
      const state = tiles.get(command.tile)!;
      const { side, classes, picture, probability } = state;
      const { session, image, logits } = sessions.get(command.session)!;
      loadTile(picture, { side, ...command }, image.data);
      timed("load_tile");
      await session.run({ image }, { logits });
      timed("onnxruntime");
      if (classes > 1 || command.softmax) {
        accumulateClasses(
          logits.data,
          { side, classes, ...command },
          probability,
        );
      } else {
        const { flip, weight } = command;
        accumulate(logits.data, { side, flip, weight }, probability);
        if (command.vote !== undefined) {
          state.votes ??= new Float32Array(side * side);
          accumulate(logits.data, { side, ...command }, state.votes);
        }
      }
      timed("accumulate");
      break;
    }
    case "finish": {
      const { into: buffer, tile } = command;
      const { side, probability, votes } = tiles.get(tile)!;
      const views = resultViews(buffer, command);
      finish(probability, { side, ...command }, views);
      if (views.votes && votes) centerBytes(votes, side, views.votes);
      drop(tile);
      timed("finish");
      return { times, buffer };
    }
    case "drop":
      drop(command.tile);
      break;
    case "end":
      for (const { session } of sessions.values()) await session.release();
      sessions.clear();
  }
  return { times };
}

/** Frees a tile's memory now: the garbage collector would wait. */
function drop(tile: number): void {
  const { picture, probability } = tiles.get(tile) ?? {};
  tiles.delete(tile);
  for (const array of [picture, probability]) {
    (array?.buffer as ArrayBuffer | undefined)?.transfer?.(0);
  }
}

async function start(): Promise<void> {
  let ort: Onnxruntime;
  try {
    ort = await importOnnxruntime();
  } catch (cause) {
    scope.postMessage({ ready: true, failure: reasonOf(cause) });
    scope.close();
    return;
  }
  let last = Promise.resolve();
  scope.onmessage = ({ data: { id, command } }) => {
    last = last.then(async () => {
      try {
        const { times, buffer } = await perform(ort, command);
        scope.postMessage({ id, times, buffer }, buffer ? [buffer] : []);
      } catch (cause) {
        scope.postMessage({ id, error: reasonOf(cause) });
      }
      if (command.kind === "end") scope.close();
    });
  };
  scope.postMessage({ ready: true });
}

await start();
