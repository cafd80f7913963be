// partial[first + workgroup] = sum of values² over the workgroup's share: the first half of a global norm.
struct Shape {
  vectors: u32,
  step: u32, // threads in all
  first: u32, // where the workgroups' sums go
}

@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> shape: Shape;

const threads: u32 = 256u;
var<workgroup> sums: array<f32, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = vec4f(0.0);
  for (var i = id.x; i < shape.vectors; i += shape.step) { sum += values[i] * values[i]; }
  sums[thread] = sum.x + sum.y + sum.z + sum.w;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) { sums[thread] += sums[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { partial[shape.first + group.x] = sums[0]; }
}
