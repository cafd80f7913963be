// partial[first + workgroup] = sum of values² over the workgroup's share: the first half of a global norm.
// Nothing is conditional while values are read: software adapters would take them lane by lane.
import package::common::sum_threads::{sum_threads, threads};

struct Shape {
  vectors: u32,
  first: u32, // where the workgroups' sums go
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

override share: u32 = 64u; // vectors a thread
const lanes: u32 = 8u; // threads that read side by side, one line of memory after the other

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
