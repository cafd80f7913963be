// The number of pixels whose target is known, as a sum per workgroup. Layout: target [N][H][W].
import package::common::sum_threads::{sum_threads, threads};
import package::loss::unknown::unknown;

override count: u32 = 1u;
override step: u32 = 256u; // total threads

@group(0) @binding(0) var<storage, read> target_mask: array<f32>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = id.x; i < count; i += step) { sum += select(1.0, 0.0, target_mask[i] == unknown); }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
