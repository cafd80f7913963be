// grad_input[n, c, y, x] = gradient[n, c] where (y, x) is the first maximum of its plane, 0 elsewhere.
// Layouts: [N][C/4][H][W] and [N][C/4] of four channels. One workgroup per plane.
import package::common::storage::{Packed, pack, unpack};

override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> input: array<Packed>;
@group(0) @binding(1) var<storage, read> output: array<Packed>;
@group(0) @binding(2) var<storage, read> gradient: array<Packed>;
@group(0) @binding(3) var<storage, read_write> grad_input: array<Packed>;

const threads: u32 = 64u;
var<workgroup> first: array<vec4u, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let best = unpack(output[group.y]);
  var found = vec4u(pixels);
  for (var i = thread; i < pixels; i += threads) {
    let wins = unpack(input[group.y * pixels + i]) == best;
    found = min(found, select(vec4u(pixels), vec4u(i), wins));
  }
  first[thread] = found;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { first[thread] = min(first[thread], first[thread + half]); }
    workgroupBarrier();
  }
  let value = unpack(gradient[group.y]);
  for (var i = thread; i < pixels; i += threads) {
    grad_input[group.y * pixels + i] = pack(select(vec4f(0.0), value, first[0] == vec4u(i)));
  }
}
