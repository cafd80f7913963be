import { planBuffers } from "../../graph/plan_buffers.ts";
import {
  isValue,
  lifetimesOf,
  type Operand,
  Tape,
  type TapeOperation,
  type Value,
} from "./tape.ts";

/** Options for {@linkcode rematerialize}. */
export interface RematerializeOptions {
  /** Number of operations in the forward pass, which come first. */
  readonly forward: number;
  /** Tensors of the forward pass that are recomputed when the backward pass reads them. */
  readonly dropped: ReadonlySet<Value>;
}

/**
 * Rewrites a step so that some tensors are not kept for the backward pass, but recomputed right before it reads them
 * (gradient checkpointing: Chen et al. 2016, arXiv 1604.06174). Results are identical, bit for bit.
 */
export function rematerialize(
  { operations }: Tape,
  { forward, dropped }: RematerializeOptions,
): Tape {
  const result = new Tape();
  const groups = new Map<number, TapeOperation[]>();
  const home = new Map<Value, number>();
  for (const operation of operations.slice(0, forward)) {
    const { group } = operation;
    groups.set(group, [...groups.get(group) ?? [], operation]);
    for (const value of writtenBy(operation)) home.set(value, group);
    copy(result, operation, (operand) => operand);
  }
  const again = new Map<Value, Value>();
  const current = (operand: Operand): Operand => {
    if (!isValue(operand) || !dropped.has(operand)) return operand;
    if (!again.has(operand)) recompute(home.get(operand)!);
    return again.get(operand)!;
  };
  const recompute = (group: number) => {
    const run = groups.get(group)!;
    const fresh = new Map<Operand, Value>();
    for (const value of run.flatMap(writtenBy)) {
      if (!fresh.has(value)) fresh.set(value, { ...value });
    }
    // Its inputs come first, as they may have to be recomputed as well.
    const operands = run.flatMap((operation) =>
      Object.values(operation.operands)
    );
    const read = new Map(
      operands.filter((operand) => !fresh.has(operand))
        .map((operand) => [operand, current(operand)]),
    );
    for (const operation of run) {
      copy(
        result,
        operation,
        (operand) => fresh.get(operand) ?? read.get(operand)!,
      );
    }
    for (const [value, copy] of fresh) {
      if (isValue(value) && dropped.has(value)) again.set(value, copy);
    }
  };
  for (const operation of operations.slice(forward)) {
    const operands = new Map(
      Object.values(operation.operands)
        .map((operand) => [operand, current(operand)]),
    );
    copy(result, operation, (operand) => operands.get(operand)!);
  }
  return result;
}

/** The values that an operation writes. */
export function writtenBy({ program, operands }: TapeOperation): Value[] {
  return Object.entries(operands)
    .filter(([name]) => program.bindings[name]?.access === "write")
    .map(([, operand]) => operand).filter(isValue);
}

function copy(
  tape: Tape,
  { name, program, operands, flops }: TapeOperation,
  map: (operand: Operand) => Operand,
): void {
  const mapped = Object.entries(operands).map(([binding, operand]) =>
    [binding, map(operand)] as const
  );
  tape.add(name, program, Object.fromEntries(mapped), { flops });
}

/** Options for {@linkcode fitTape}. */
export interface FitTapeOptions {
  /** Number of operations in the forward pass, which come first. */
  readonly forward: number;
  /** The forward pass's tensors. */
  readonly tensors: ReadonlySet<Value>;
  /** Limit on the bytes of the step's values. */
  readonly maxBytes: number;
}

/** A tape, and the bytes that its values take. */
export interface FittedTape {
  readonly tape: Tape;
  readonly bytes: number;
}

const SEGMENTS = [2, 3, 4, 5, 6, 8, 10, 12, 16];

/**
 * Makes a step's values fit a limit: the forward pass is cut into segments, and of each but the last only the tensors
 * that later segments read are kept; the backward pass recomputes the others. Uses the fewest segments that fit. If none
 * fit, the result is the tape that takes the fewest bytes, more than the limit.
 */
export function fitTape(tape: Tape, options: FitTapeOptions): FittedTape {
  let best: FittedTape = { tape, bytes: bytesOf(tape) };
  for (const segments of SEGMENTS) {
    if (best.bytes <= options.maxBytes) break;
    const dropped = droppedTensors(tape, { ...options, segments });
    const { forward } = options;
    const smaller = rematerialize(tape, { forward, dropped });
    const bytes = bytesOf(smaller);
    if (bytes < best.bytes) best = { tape: smaller, bytes };
  }
  return best;
}

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
    // Near an equal share, where the fewest bytes have to be kept.
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
