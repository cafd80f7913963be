// loss = mean of max(x, 0) - x * t + log(1 + exp(-|x|)) over logits x and targets t, as a sum per workgroup, and
// gradient = (sigmoid(x) - t) * weight * loss_scale / count. Layouts: logits and gradient [N][1][H][W] of (logit, 0, 0, 0);
// target [N][H][W]. Where it may be unknown, such pixels have neither loss nor gradient, and count is the number of others.
import package::common::storage::{Packed, pack, unpack};
import package::common::sum_threads::{sum_threads, threads};
import package::loss::unknown::unknown;

override count: u32 = 1u;
override step: u32 = 256u; // total threads

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;
@group(0) @binding(2) var<storage, read> control: array<f32>; // the loss scale comes first
@group(0) @binding(3) var<uniform> weight: vec4f; // only the first is used
@group(0) @binding(4) var<storage, read_write> gradient: array<Packed>;
@group(0) @binding(5) var<storage, read_write> partial: array<f32>;
@if(has_unknown) @group(0) @binding(6) var<storage, read> known: array<f32>; // the number of known pixels

@compute @workgroup_size(threads)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var i = id.x; i < count; i += step) {
    let x = unpack(logits[i]).x;
    let t = target_mask[i];
    @if(has_unknown) {
      if (t == unknown) { gradient[i] = pack(vec4f(0.0)); continue; }
    }
    let e = exp(-abs(x));
    // log(1 + e) loses the digits of a small e.
    sum += max(x, 0.0) - x * t + select(log(1.0 + e), e - 0.5 * e * e, e < 1e-3);
    let probability = select(e, 1.0, x >= 0.0) / (1.0 + e);
    @if(has_unknown) gradient[i] = pack(vec4f((probability - t) * (weight.x * control[0] / max(known[0], 1.0)), 0.0, 0.0, 0.0));
    @else gradient[i] = pack(vec4f((probability - t) * (weight.x * control[0] / f32(count)), 0.0, 0.0, 0.0));
  }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
