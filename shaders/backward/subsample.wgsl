// output[n, c, y, x] = input[n, c, y * stride, x * stride]. Layout: [N][C/4][H][W] of four channels.
import package::common::storage::Packed;

override stride: u32 = 2u;
override full_height: u32 = 1u; // of the input
override full_width: u32 = 1u;
override height: u32 = 1u; // of the output
override width: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= height * width) { return; }
  let y = id.x / width * stride;
  let x = id.x % width * stride;
  output[id.y * height * width + id.x] = input[(id.y * full_height + y) * full_width + x];
}
