import {
  isValue,
  type Operand,
  Tape,
  type TapeOperation,
  type Value,
} from "./tape.ts";

/** What {@linkcode rematerialize} is told. */
export interface RematerializeOptions {
  /** How many of the tape's operations are the forward pass. */
  readonly forward: number;
  /** The forward pass's tensors that the backward pass computes once more where it reads them. */
  readonly dropped: ReadonlySet<Value>;
}

/**
 * Rewrites a step so that some tensors are not kept for the backward pass but computed once more, from those that are, right
 * before they are read there (Chen et al. 2016, arXiv 1604.06174). The results are the same, bit by bit.
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
    // What it reads comes first, as that may have to be computed, too.
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
