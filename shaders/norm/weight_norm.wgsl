// weight[o, …] = g[o] * v[o, …] / ‖v[o]‖. Layouts: v and weight as in conv2d.wgsl, [O/4][…] of four outputs; g [O/4].
// One workgroup per block of four outputs.
import package::common::storage::{Packed, pack};

struct Shape {
  vectors: u32, // per block of outputs
}

@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weight: array<Packed>;
@group(0) @binding(3) var<uniform> shape: Shape;

const threads: u32 = 64u;
var<workgroup> squares: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * shape.vectors;
  var sum = vec4f(0.0);
  for (var i = thread; i < shape.vectors; i += threads) { sum += v[start + i] * v[start + i]; }
  squares[thread] = sum;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { squares[thread] += squares[thread + half]; }
    workgroupBarrier();
  }
  // Padding outputs have no norm.
  let norm = sqrt(squares[0]);
  let scale = select(vec4f(0.0), g[group.x] / norm, norm > vec4f(0.0));
  for (var i = thread; i < shape.vectors; i += threads) { weight[start + i] = pack(v[start + i] * scale); }
}
