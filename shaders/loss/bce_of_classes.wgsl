// loss = mean over pixels and classes of max(x, 0) - x * t + log(1 + exp(-|x|)) for logits x, where t is 1 for the class of the
// target and 0 for others, as a sum per workgroup; and gradient = (sigmoid(x) - t) * weight * loss_scale / (pixels * classes).
// Layouts: logits and gradient [N][C/4][H][W] of four classes, padded with zeros; target [N][H][W] of the number of a class,
// from 1, or 0. Where it may be unknown, such pixels have neither loss nor gradient, and pixels is the number of others.
import package::common::storage::{Packed, pack, unpack};
import package::common::sum_threads::{sum_threads, threads};
import package::loss::unknown::unknown;

override images: u32 = 1u;
override pixels: u32 = 1u; // of an image
override classes: u32 = 2u;
override blocks: u32 = 1u; // of four classes
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
  @if(has_unknown) let factor = weight.x * control[0] / (max(known[0], 1.0) * f32(classes));
  @else let factor = weight.x * control[0] / (f32(images * pixels) * f32(classes));
  var sum = 0.0;
  for (var i = id.x; i < images * blocks * pixels; i += step) {
    let plane = i / pixels;
    let number = vec4u(1u, 2u, 3u, 4u) + 4u * (plane % blocks);
    let value = u32(target_mask[plane / blocks * pixels + i % pixels]);
    @if(has_unknown) {
      if (f32(value) == unknown) { gradient[i] = pack(vec4f(0.0)); continue; }
    }
    let t = select(vec4f(0.0), vec4f(1.0), number == vec4u(value));
    let used = select(vec4f(0.0), vec4f(1.0), number <= vec4u(classes));
    let x = unpack(logits[i]);
    let e = exp(-abs(x));
    // log(1 + e) loses the digits of a small e.
    let terms = max(x, vec4f(0.0)) - x * t + select(log(1.0 + e), e - 0.5 * e * e, e < vec4f(1e-3));
    sum += dot(terms, used);
    let probability = select(e, vec4f(1.0), x >= vec4f(0.0)) / (1.0 + e);
    gradient[i] = pack((probability - t) * used * factor);
  }
  let total = sum_threads(sum, thread);
  if (thread == 0u) { partial[group.x] = total; }
}
