import { cannot } from "../errors/cannot.ts";
import { describeValue } from "./byte_reader.ts";
import type { TensorDtype } from "./tensor_data.ts";
import { TorchStorage, TorchTensor } from "./torch_tensor.ts";

/** A global that a checkpoint may name: data, never code that the file chooses. */
export class TorchGlobal {
  constructor(
    readonly label: string,
    readonly options: {
      /** Builds the result of a call. Default: calls are refused. */
      readonly call?: (args: readonly unknown[], subject: string) => unknown;
      /** Element type of the storage class or dtype. */
      readonly dtype?: TensorDtype;
    } = {},
  ) {}
}

const storageClasses: readonly [string, TensorDtype][] = [
  ["FloatStorage", "f32"],
  ["DoubleStorage", "f64"],
  ["HalfStorage", "f16"],
  ["BFloat16Storage", "bf16"],
  ["LongStorage", "i64"],
  ["IntStorage", "i32"],
  ["ShortStorage", "i16"],
  ["CharStorage", "i8"],
  ["ByteStorage", "u8"],
  ["BoolStorage", "bool"],
  ["UntypedStorage", "u8"],
];

const dtypes: readonly [string, TensorDtype][] = [
  ["float32", "f32"],
  ["float64", "f64"],
  ["float16", "f16"],
  ["bfloat16", "bf16"],
  ["int64", "i64"],
  ["int32", "i32"],
  ["int16", "i16"],
  ["int8", "i8"],
  ["uint8", "u8"],
  ["bool", "bool"],
];

function rebuildTensor(args: readonly unknown[], subject: string): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (
    !(storage instanceof TorchStorage) || !Array.isArray(shape) ||
    !Array.isArray(strides)
  ) {
    throw broken(
      subject,
      "a tensor must be built from a storage, an offset, a shape and strides",
      args.slice(0, 4).map(describeValue).join(", "),
    );
  }
  return new TorchTensor(
    storage,
    storage.dtype,
    offset as number,
    shape.slice(0, 65),
    strides.slice(0, 65),
  );
}

/** The form for element types without a storage class: raw bytes and a dtype. */
function rebuildTensorV3(
  args: readonly unknown[],
  subject: string,
): TorchTensor {
  const { storage, offset, shape, strides } = rebuildTensor(args, subject);
  const type = args[6];
  const dtype = type instanceof TorchGlobal ? type.options.dtype : undefined;
  if (!dtype) {
    throw cannot(
      `read ${subject}`,
      `a tensor must have an element type, received ${describeValue(type)}`,
      { kind: TypeError },
    );
  }
  return new TorchTensor(storage, dtype, offset, shape, strides);
}

function rebuildParameter(
  args: readonly unknown[],
  subject: string,
): TorchTensor {
  if (!(args[0] instanceof TorchTensor)) {
    throw broken(
      subject,
      "a parameter must be built from a tensor",
      describeValue(args[0]),
    );
  }
  return args[0];
}

/** A tensor with extra attributes, which are dropped. */
function rebuildFromType(
  args: readonly unknown[],
  subject: string,
): TorchTensor {
  const [rebuild, , inner] = args;
  const call = rebuild instanceof TorchGlobal
    ? rebuild.options.call
    : undefined;
  // Refusing this function inside itself limits the depth to one.
  if (!call || call === rebuildFromType || !Array.isArray(inner)) {
    throw broken(
      subject,
      "a tensor with attributes must be built by another rebuild function",
      describeValue(rebuild),
    );
  }
  return rebuildParameter([call(inner, subject)], subject);
}

function orderedDict(
  args: readonly unknown[],
  subject: string,
): Map<unknown, unknown> {
  const pairs = args.length === 0 ? [] : args[0];
  if (
    !Array.isArray(pairs) ||
    pairs.some((pair) => !Array.isArray(pair) || pair.length !== 2)
  ) {
    throw broken(
      subject,
      "an OrderedDict must be built from pairs",
      describeValue(pairs),
    );
  }
  return new Map(pairs as [unknown, unknown][]);
}

function size(args: readonly unknown[], subject: string): unknown[] {
  if (args.length !== 1 || !Array.isArray(args[0])) {
    throw broken(
      subject,
      "a torch.Size must be built from one sequence",
      describeValue(args[0]),
    );
  }
  return args[0].slice();
}

function broken(subject: string, rule: string, received: string): Error {
  return cannot(`read ${subject}`, `${rule}, received ${received}`, {
    kind: SyntaxError,
  });
}

const callables: Readonly<Record<string, TorchGlobal["options"]["call"]>> = {
  "collections.OrderedDict": orderedDict,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor_v3": rebuildTensorV3,
  "torch._utils._rebuild_parameter": rebuildParameter,
  "torch._utils._rebuild_parameter_with_state": rebuildParameter,
  "torch._tensor._rebuild_from_type_v2": rebuildFromType,
  "torch.Size": size,
};

/** Every global that a checkpoint may name; all others are refused. */
export const torchGlobals: ReadonlyMap<string, TorchGlobal> = new Map(
  [
    ...Object.entries(callables).map(([label, call]) =>
      new TorchGlobal(label, { call })
    ),
    ...["torch", "torch.cuda", "torch.storage"].flatMap((module) =>
      storageClasses.map(([name, dtype]) =>
        new TorchGlobal(`${module}.${name}`, { dtype })
      )
    ),
    ...dtypes.map(([name, dtype]) =>
      new TorchGlobal(`torch.${name}`, { dtype })
    ),
    new TorchGlobal("torch.Tensor"),
    new TorchGlobal("torch.nn.parameter.Parameter"),
  ].map((global) => [global.label, global]),
);
