import { cannot } from "../errors/cannot.ts";
import { MAX_TENSOR_AXES } from "../io/limits.ts";
import { describeValue } from "./byte_reader.ts";
import {
  elementBytes,
  elementCount,
  type TensorData,
  type TensorDtype,
} from "./tensor_data.ts";

/** A storage as a pickle names it. Its bytes are elsewhere in the file. */
export class TorchStorage {
  readonly label = "a storage";
  constructor(
    readonly key: string,
    readonly dtype: TensorDtype,
    /** Number of elements, as the pickle claims. */
    readonly length: number,
    /** The part of another storage that this one is, in elements; in old files only. */
    readonly part?: { readonly offset: number; readonly length: number },
  ) {}
}

/** A tensor as a pickle describes it: a strided view of a storage. Nothing is checked or copied yet. */
export class TorchTensor {
  readonly label = "a tensor";
  constructor(
    readonly storage: TorchStorage,
    readonly dtype: TensorDtype,
    /** Index of the first element in the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

/** The file that tensors are read from. */
export interface TensorSource {
  /** What is being read, for error messages. */
  readonly subject: string;
  /** The bytes of a storage, or of the part that it is. Throws if the file does not have them. */
  storageBytes(storage: TorchStorage): Uint8Array;
  /** Bytes that copies of views may still take: a view with stride 0 can repeat its storage without bound. */
  copyBudget: number;
}

/**
 * Makes a strided view a contiguous tensor. Contiguous views remain views of the file's bytes.
 *
 * @throws {RangeError} If the view exceeds its storage, or repeats it too often.
 */
export function materializeTensor(
  tensor: TorchTensor,
  options: { readonly key: string; readonly source: TensorSource },
): TensorData {
  const { dtype, shape, offset, strides } = tensor;
  const { key, source } = options;
  const size = elementBytes[dtype];
  const fail = (rule: string, received: string): never => {
    throw cannot(
      `read ${source.subject}`,
      `tensor ${describeValue(key)} must ${rule}, received ${received}`,
      { kind: RangeError },
    );
  };
  if (
    shape.length > MAX_TENSOR_AXES || shape.length !== strides.length ||
    !isLengths(shape) ||
    !isLengths(strides) || !isLengths([offset])
  ) {
    fail(
      `have at most ${MAX_TENSOR_AXES} sizes, each with a stride, and none negative`,
      `shape [${cut(shape)}], strides [${cut(strides)}], offset ${offset}`,
    );
  }
  const count = elementCount(shape);
  const described = `shape [${shape}], strides [${strides}], offset ${offset}`;
  if (count === 0) return { shape, dtype, data: new Uint8Array() };
  const storage = source.storageBytes(tensor.storage);
  const last = shape.reduce(
    (sum, side, axis) => sum + (side - 1) * strides[axis],
    offset,
  );
  if (!((last + 1) * size <= storage.length)) {
    fail(
      `lie within its storage of ${storage.length / size} elements`,
      described,
    );
  }
  if (isContiguous(shape, strides)) {
    const data = storage.subarray(offset * size, (offset + count) * size);
    return { shape, dtype, data };
  }
  if (!(count * size <= source.copyBudget)) {
    fail(
      `not repeat its storage into more than ${source.copyBudget} bytes`,
      described,
    );
  }
  source.copyBudget -= count * size;
  const data = new Uint8Array(count * size);
  copyStrided(storage, data, { size, shape, strides, offset });
  return { shape, dtype, data };
}

function copyStrided(
  from: Uint8Array,
  to: Uint8Array,
  view: {
    readonly size: number;
    readonly shape: readonly number[];
    readonly strides: readonly number[];
    readonly offset: number;
  },
): void {
  // Axes of size 1 would only slow the loop down.
  const axes = view.shape.map((_, axis) => axis).filter((axis) =>
    view.shape[axis] > 1
  );
  const sides = axes.map((axis) => view.shape[axis]);
  const steps = axes.map((axis) => view.strides[axis] * view.size);
  const inner = axes.length - 1;
  const index = new Array<number>(axes.length).fill(0);
  let start = view.offset * view.size;
  let write = 0;
  while (write < to.length) {
    let read = start;
    for (let i = 0; i < sides[inner]; i++, read += steps[inner]) {
      for (let byte = 0; byte < view.size; byte++) {
        to[write++] = from[read + byte];
      }
    }
    for (let axis = inner - 1; axis >= 0; axis--) {
      start += steps[axis];
      if (++index[axis] < sides[axis]) break;
      start -= steps[axis] * sides[axis];
      index[axis] = 0;
    }
  }
}

function isContiguous(
  shape: readonly number[],
  strides: readonly number[],
): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

function isLengths(values: readonly unknown[]): values is readonly number[] {
  return values.every((value) =>
    Number.isSafeInteger(value) && (value as number) >= 0
  );
}

function cut(values: readonly unknown[]): string {
  return values.slice(0, 8).map(describeValue).join(",") +
    (values.length > 8 ? ",…" : "");
}
