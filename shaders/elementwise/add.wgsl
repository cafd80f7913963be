// output[i] = post(a[i] + b[i]), with post(v) = v or max(v, 0). Layout: [N][C/4][H][W] of four channels.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> a: array<Packed>;
@group(0) @binding(1) var<storage, read> b: array<Packed>;
@group(0) @binding(2) var<storage, read_write> output: array<Packed>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= pixels) { return; }
  let at = id.y * pixels + id.x;
  var value = unpack(a[at]) + unpack(b[at]);
  @if(relu) value = max(value, vec4f(0.0));
  output[at] = pack(value);
}
