// partial[first + workgroup] = sum of values² over the workgroup's share: the first half of a global norm.
// Nothing is conditional while values are read: software adapters would take them lane by lane.
struct Shape {
  vectors: u32,
  first: u32, // where the workgroups' sums go
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

const threads: u32 = 256u;
const share: u32 = 64u; // vectors a thread
const lanes: u32 = 8u; // threads that read side by side, one line of memory after the other
var<workgroup> sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first = group.x * share * threads + thread / lanes * (lanes * share) + thread % lanes;
  var sum = vec4f(0.0);
  // unroll
  for (var k = 0u; k < share; k++) {
    let i = first + k * lanes;
    let value = values[min(i, shape.vectors - 1u)];
    sum += select(vec4f(0.0), value * value, i < shape.vectors);
  }
  sums[thread] = sum.x + sum.y + sum.z + sum.w;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { partial[shape.first + group.x] = sums[0]; }
}
