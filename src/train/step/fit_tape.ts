import { planBuffers } from "../../graph/plan_buffers.ts";
import { lifetimesOf } from "./compile_tape.ts";
import { rematerialize, writtenBy } from "./rematerialize.ts";
import { isValue, type Tape, type Value } from "./tape.ts";

/** What {@linkcode fitTape} is told. */
export interface FitTapeOptions {
  /** How many of the tape's operations are the forward pass. */
  readonly forward: number;
  /** The forward pass's tensors. */
  readonly tensors: ReadonlySet<Value>;
  /** Bytes that the step's values may take. */
  readonly maxBytes: number;
}

const SEGMENTS = [2, 3, 4, 5, 6, 8, 10, 12, 16];

/**
 * Makes a step's values fit a limit: the forward pass is cut into segments, and of all but the last only what later ones read
 * is kept; the rest is computed once more in the backward pass. Takes the fewest segments that fit, or what needs least.
 */
export function fitTape(tape: Tape, options: FitTapeOptions): Tape {
  let best = { tape, bytes: bytesOf(tape) };
  for (const segments of SEGMENTS) {
    if (best.bytes <= options.maxBytes) break;
    const dropped = droppedTensors(tape, { ...options, segments });
    const { forward } = options;
    const smaller = rematerialize(tape, { forward, dropped });
    const bytes = bytesOf(smaller);
    if (bytes < best.bytes) best = { tape: smaller, bytes };
  }
  return best.tape;
}

/** Bytes that a tape's values take. */
function bytesOf(tape: Tape): number {
  const { sizes } = planBuffers([...lifetimesOf(tape).values()]);
  return sizes.reduce((a, b) => a + b, 0);
}

function droppedTensors(
  { operations }: Tape,
  { forward, tensors, segments }: FitTapeOptions & {
    readonly segments: number;
  },
): Set<Value> {
  const first = new Map<Value, number>();
  const last = new Map<Value, number>(); // in the forward pass
  const sums: number[] = []; // bytes of tensors written before each operation
  let sum = 0;
  operations.slice(0, forward).forEach((operation, i) => {
    sums.push(sum);
    for (const value of writtenBy(operation)) {
      if (!tensors.has(value) || first.has(value)) continue;
      first.set(value, i);
      sum += value.bytes;
    }
    for (const operand of Object.values(operation.operands)) {
      if (isValue(operand)) last.set(operand, i);
    }
  });
  const crossing = (cut: number) =>
    [...first].filter(([value, at]) => at < cut && last.get(value)! >= cut)
      .map(([value]) => value);
  const cost = (cut: number) =>
    crossing(cut).reduce((bytes, value) => bytes + value.bytes, 0);

  const kept = new Set<Value>();
  let end = 0;
  for (let i = 1; i < segments; i++) {
    // Near an equal share, where least has to be kept.
    const cuts = sums.keys().filter((at) =>
      Math.abs(sums[at] / sum * segments - i) <= 0.3 &&
      operations[at].group !== operations[at - 1]?.group
    ).toArray();
    if (cuts.length === 0) continue;
    end = cuts.reduce((a, b) => cost(b) < cost(a) ? b : a);
    for (const value of crossing(end)) kept.add(value);
  }
  return new Set(
    first.keys().filter((value) => !kept.has(value) && first.get(value)! < end),
  );
}
