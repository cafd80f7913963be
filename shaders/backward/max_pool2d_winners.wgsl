// winners[n, c, y, x] = the first tap, row by row, with the maximum of the window of output[n, c, y, x]: PyTorch's choice among
// equal values. Layouts: [N][C/4][H][W] of four channels; winners 32-bit.
import package::common::sizes::{input_height, input_width, output_height, output_width};
import package::common::storage::{Packed, unpack};
import package::pool::window::{kernel, padding, stride};

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> output: array<Packed>;
@group(0) @binding(2) var<storage, read_write> winners: array<vec4u>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= output_height * output_width) { return; }
  let y = id.x / output_width;
  let x = id.x % output_width;
  let window = id.y * output_height * output_width + id.x;
  let best = unpack(output[window]);
  var winner = vec4u(0u);
  // Last to first, so that the first of equal taps wins.
  for (var tap = kernel * kernel; tap > 0u; tap--) {
    let iy = y * stride + (tap - 1u) / kernel - padding; // negative values wrap around to large ones
    let ix = x * stride + (tap - 1u) % kernel - padding;
    if (iy < input_height && ix < input_width) {
      let value = unpack(input[(id.y * input_height + iy) * input_width + ix]);
      winner = select(winner, vec4u(tap - 1u), value == best);
    }
  }
  winners[window] = winner;
}
