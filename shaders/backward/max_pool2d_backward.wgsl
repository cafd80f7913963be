// grad_input[n, c, y, x] = sum of gradient[n, c, oy, ox] over the windows whose maximum is (y, x), from max_pool2d_winners.wgsl.
// Each thread gathers for one input pixel. Layouts: [N][C/4][H][W] of four channels; winners 32-bit.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, pack, unpack};
import package::pool::window::{kernel, padding, stride};

@group(0) @binding(0) var<storage, read> winners: array<vec4u>;
@group(0) @binding(1) var<storage, read> gradient: array<Packed>;
@group(0) @binding(2) var<storage, read_write> grad_input: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= input_height * input_width) { return; }
  var sum = vec4f(0.0);
  // The windows that contain this pixel, last first; their first tap may be in the padding.
  let y = id.x / input_width + padding;
  let x = id.x % input_width + padding;
  for (var oy = min(y / stride, output_height - 1u); oy * stride + kernel > y; oy--) {
    for (var ox = min(x / stride, output_width - 1u); ox * stride + kernel > x; ox--) {
      let window = (id.y * output_height + oy) * output_width + ox;
      let tap = (y - oy * stride) * kernel + x - ox * stride;
      sum += select(vec4f(0.0), unpack(gradient[window]), winners[window] == vec4u(tap));
      if (ox == 0u) { break; }
    }
    if (oy == 0u) { break; }
  }
  grad_input[id.y * input_height * input_width + id.x] = pack(sum);
}
