import type { Parameter } from "./parameter.ts";

/** An attribute of an operator: an integer, integers, a text, or a float as `{ float }`. */
export type OnnxAttribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number };

/** What an operator reads beside tensors: a parameter, values that are told apart by a role, or nothing in that place. */
export type OnnxConstant =
  | Parameter
  | { readonly role: string; readonly values: readonly bigint[] | Float32Array }
  | "";

/** A layer as an ONNX operator. */
export interface OnnxForm {
  /** The operator's name, as `Conv`. */
  readonly operator: string;
  /** What it reads after its tensors. Default: nothing. */
  readonly constants?: readonly OnnxConstant[];
  /** Its attributes. Default: none. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}
