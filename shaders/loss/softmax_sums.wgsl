// For each channel the sums over pixels of p = softmax(logits), of t, 1 in the channel of the target and 0 in others, and of p t;
// and of the cross-entropy -log p of the target: per workgroup and block of four channels.
// Layouts: logits [N][C/4][H][W] of four channels, the first of which is background; target [N][H][W] of the number of a channel;
// partial [C/4][workgroups][4] of sums of p, t, p t, and of (cross-entropy, 0, 0, 0). Where the
// target may be unknown, such pixels count in none of them, and the second of the last is the number of others.
import package::common::sum_threads::{sum_threads, threads};
import package::loss::softmax::{images, load, normalizer, pixels, start_of, target_mask, target_of};
import package::loss::unknown::unknown;

override groups: u32 = 1u;

@group(0) @binding(2) var<storage, read_write> partial: array<vec4f>;

fn sum_vectors(value: vec4f, thread: u32) -> vec4f {
  var total = vec4f(0.0);
  @unroll for (var k = 0u; k < 4u; k++) {
    total[k] = sum_threads(value[k], thread);
    workgroupBarrier(); // before the next sum is written over this one
  }
  return total;
}

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let block = group.y;
  var probabilities = vec4f(0.0);
  var targets = vec4f(0.0);
  var shared_sums = vec4f(0.0);
  var entropy = 0.0;
  @if(has_unknown) var known = 0.0;
  for (var i = group.x * threads + thread; i < images * pixels; i += groups * threads) {
    @if(has_unknown) {
      if (target_mask[i] == unknown) { continue; }
      known += 1.0;
    }
    let start = start_of(i);
    let of_pixel = normalizer(start);
    let x = load(start, block) - of_pixel.x;
    let p = exp(x) / of_pixel.y;
    let is_target = target_of(i, block);
    let t = select(vec4f(0.0), vec4f(1.0), is_target);
    probabilities += p;
    targets += t;
    shared_sums += p * t;
    entropy += dot(select(vec4f(0.0), log(of_pixel.y) - x, is_target), vec4f(1.0));
  }
  @if(has_unknown) let all = array<vec4f, 4>(probabilities, targets, shared_sums, vec4f(entropy, known, 0.0, 0.0));
  @else let all = array<vec4f, 4>(probabilities, targets, shared_sums, vec4f(entropy, 0.0, 0.0, 0.0));
  @unroll for (var k = 0u; k < 4u; k++) {
    let total = sum_vectors(all[k], thread);
    if (thread == 0u) { partial[(block * groups + group.x) * 4u + k] = total; }
  }
}
