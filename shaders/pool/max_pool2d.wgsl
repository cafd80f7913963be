// output[n, c, y, x] = max over ky, kx of input[n, c, y * stride + ky - padding, x * stride + kx - padding].
// Padding counts as minus infinity. Layout: [N][C/4][H][W] of four channels.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};
import package::pool::window::{kernel, padding, stride};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let pixel = id.x;
  if (pixel >= output_height * output_width) { return; }
  let y = pixel / output_width;
  let x = pixel % output_width;
  var best = vec4f(-3.4028234e38);
  for (var ky = 0u; ky < kernel; ky++) {
    for (var kx = 0u; kx < kernel; kx++) {
      let iy = y * stride + ky - padding; // negative values wrap around to large ones
      let ix = x * stride + kx - padding;
      if (iy < input_height && ix < input_width) {
        best = max(best, unpack(input[(id.y * input_height + iy) * input_width + ix]));
      }
    }
  }
  output[id.y * output_height * output_width + pixel] = pack(best);
}
