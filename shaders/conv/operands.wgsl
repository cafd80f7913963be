// The operands of a convolution of one or more inputs, which are concatenated.
// Layouts: activations [N][C/4][H][W] of four channels; weight [O/4][ky][kx][I/4][4 inputs] of four outputs.
import package::common::storage::Packed;

override inputs: u32 = 1u;

struct Shape {
  input_blocks: u32, // of all inputs together, per group
  output_blocks: u32, // of all groups together
  group_outputs: u32, // output blocks per group
  input_height: u32,
  input_width: u32,
  output_height: u32,
  output_width: u32,
  kernel_height: u32,
  kernel_width: u32,
  stride: u32,
  padding: u32,
  dilation: u32,
  @split blocks: array<u32, inputs>, // an input's channel blocks, per group
}

@group(0) @binding(0) var<storage, read> weight: array<Packed>;
@group(0) @binding(6) var<uniform> shape: Shape;
@split @group(0) @binding(7) var<storage, read> input: binding_array<array<Packed>, inputs>;
