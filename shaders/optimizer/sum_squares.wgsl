// partial[first + workgroup] = sum of values² over the workgroup's share: the first step of a global norm.
// Loads are unconditional: software adapters would execute conditional ones lane by lane.
import package::common::sum_threads::{sum_threads, threads};

struct Shape {
  vectors: u32,
  first: u32, // index of the first workgroup's sum
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

override share: u32 = 64u; // vectors per thread
const lanes: u32 = 8u; // neighboring threads, which read consecutive memory

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * share * threads + thread / lanes * (lanes * share) + thread % lanes;
  var sum = vec4f(0.0);
  @unroll for (var k = 0u; k < share; k++) {
    let i = first + k * lanes;
    let value = values[min(i, shape.vectors - 1u)];
    sum += select(vec4f(0.0), value * value, i < shape.vectors);
  }
  let total = sum_threads(sum.x + sum.y + sum.z + sum.w, thread);
  if (thread == 0u) { partial[shape.first + group.x] = total; }
}
