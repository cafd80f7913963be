import type { BufferRange } from "../../gpu/gpu.ts";
import type { Program } from "../../gpu/program.ts";

/** A tensor that lives for part of a step; the plan gives it a buffer. */
export interface Value {
  /** Its name, for messages. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
}

/** What an operation reads or writes: a value, or memory that outlives the step. */
export type Operand = Value | BufferRange;

/** One kernel's run on operands. */
export interface TapeOperation {
  /** The layer it belongs to and what it does there. */
  readonly name: string;
  /** The kernel, specialized. */
  readonly program: Program;
  /** Operands by the names of the program's bindings, but for its uniforms. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** Floating-point operations, two a multiply-add; 0 where it hardly computes. */
  readonly flops: number;
  /** The operations of one number compute one tensor together. */
  readonly group: number;
}

/** The operations of a step in order. Each value is written by one operation, which is the first that names it. */
export class Tape {
  /** The operations so far. */
  readonly operations: TapeOperation[] = [];
  #group = 0;

  /** Begins a group: what is added from now on can be run again as a whole, but for what it writes into memory. */
  begin(): void {
    this.#group++;
  }

  /** Adds an operation. */
  add(
    name: string,
    program: Program,
    operands: Readonly<Record<string, Operand>>,
    { flops = 0 }: { readonly flops?: number } = {},
  ): void {
    const group = this.#group;
    this.operations.push({ name, program, operands, flops, group });
  }
}

/** Whether an operand is a value that the plan places. */
export function isValue(operand: Operand): operand is Value {
  return !("buffer" in operand);
}
