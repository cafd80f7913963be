// output[n, c] = mean over y, x of input[n, c, y, x], from the moments of its planes. Layouts: moments [N][C/4][mean, squares]
// of four channels, 32-bit; output [N][C/4] of four channels.
import package::common::storage::{Packed, pack};

override planes: u32 = 1u;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= planes) { return; }
  output[id.x] = pack(moments[2u * id.x]);
}
