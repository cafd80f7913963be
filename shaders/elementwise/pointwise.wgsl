// output[n, c, y, x] = a formula of the inputs' values at n, c, y, x and of parameters of c. It takes
// the place of what `evaluate()` returns: it reads inputs of the output's shape at `at`, those of one pixel at `plane`, those of one channel at
// `image * pixels + pixel`. Layout: [N][C/4][H][W] of four channels; padding stays zero. Parameters: [k][C/4] of four channels.
import package::common::formula::formula;
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;
override blocks: u32 = 1u;
override last: u32 = 4u; // channels in the last block
override inputs: u32 = 1u;

@group(0) @binding(0) var<storage, read_write> output: array<Packed>;
@if(has_parameters) @group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@split @group(0) @binding(2) var<storage, read> input: binding_array<array<Packed>, inputs>;

fn evaluate(at: u32, plane: u32, block: u32, pixel: u32, image: u32) -> vec4f {
  @if(has_formula) return formula(unpack(input[0][at]));
  @else return unpack(input[0][at]);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let block = id.y % blocks;
  var value = evaluate(id.y * pixels + id.x, id.y, block, id.x, id.y / blocks);
  @if(partial) if (block == blocks - 1u) { value = select(value, vec4f(0.0), vec4u(0u, 1u, 2u, 3u) >= vec4u(last)); }
  output[id.y * pixels + id.x] = pack(value);
}
