// output[n, o, y, x] = post(bias[o] + residual[n, o, y, x] + sum over p of part[n, p, o, y, x]), in the order of p;
// post as in the epilogue. Layouts: part [N][parts][O/4][H][W] of four channels in 32 bits; output [N][O/4][H][W].
import package::conv::epilogue::{first_sum, store};

override splits: u32 = 2u;

struct Shape {
  blocks: u32, // of four output channels
  pixels: u32,
}

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(6) var<uniform> shape: Shape;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.pixels) { return; }
  var sum = first_sum(id.y);
  for (var part = 0u; part < splits; part++) {
    sum += input[((id.z * splits + part) * shape.blocks + id.y) * shape.pixels + id.x];
  }
  store(sum, id.y, (id.z * shape.blocks + id.y) * shape.pixels + id.x);
}
