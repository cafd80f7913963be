/** Limits of files of weights, for `limits.ts`. */
import { limit } from "./limit.ts";

export const MAX_SAFETENSORS_HEADER: number = limit(
  "MAX_SAFETENSORS_HEADER",
  100_000_000,
  "bytes of the header of a safetensors file",
  "the format's own limit",
);

export const MAX_TENSOR_AXES: number = limit(
  "MAX_TENSOR_AXES",
  64,
  "axes of a tensor",
  "NumPy's limit; networks have four",
);

export const MAX_PICKLE_STEPS: number = limit(
  "MAX_PICKLE_STEPS",
  4_000_000,
  "steps of a pickle in a PyTorch file",
  "real checkpoints take about 40 per tensor",
);

export const MAX_PICKLE_STACK: number = limit(
  "MAX_PICKLE_STACK",
  1_000_000,
  "values on the stack of a pickle",
  "a checkpoint puts a few per tensor there; each takes tens of bytes",
);

export const MAX_PICKLE_MEMO: number = limit(
  "MAX_PICKLE_MEMO",
  2_000_000,
  "values in the memo of a pickle",
  "a checkpoint puts a few per tensor there; each takes tens of bytes",
);

export const MAX_PICKLE_INTEGER: number = limit(
  "MAX_PICKLE_INTEGER",
  1024,
  "bytes of an integer in a pickle",
  "the longest of a checkpoint has 10; conversion takes quadratic time",
);

export const MAX_PICKLE_DIGITS: number = limit(
  "MAX_PICKLE_DIGITS",
  4300,
  "decimal digits of an integer in a pickle",
  "Python's limit, since conversion takes quadratic time",
);

export const MAX_GROWTH: number = limit(
  "MAX_GROWTH",
  2 ** 26,
  "bytes that any PyTorch file may inflate or copy, besides the ratios below",
  "small files may expand freely up to here",
);

export const MAX_ZIP_RATIO: number = limit(
  "MAX_ZIP_RATIO",
  8,
  "bytes to inflate for each byte of a PyTorch file",
  "PyTorch stores weights uncompressed; weights hardly compress, even rounded ones less than this",
);

export const MAX_COPY_RATIO: number = limit(
  "MAX_COPY_RATIO",
  4,
  "bytes of views to copy for each byte of a PyTorch file",
  "transposed tensors are copied once; a view with stride 0 could repeat its storage without end",
);

export const MAX_ONNX_ITEMS: number = limit(
  "MAX_ONNX_ITEMS",
  100_000,
  "operators and weights of an ONNX file",
  "the largest segmentation networks have some thousands",
);

export const MAX_ONNX_CONSTANT: number = limit(
  "MAX_ONNX_CONSTANT",
  2 ** 24,
  "values of a constant that an ONNX file has computed",
  "weights that are scaled have some millions; a shape of one line could ask for any number",
);

export const MAX_MODEL_JSON: number = limit(
  "MAX_MODEL_JSON",
  2 ** 20,
  "bytes of the model.json of a model's folder",
  "such a file takes a few kilobytes, curves of its training included",
);
