// gradient = ((p - t) / pixels + p (g - sum over channels of g p)) * weight * loss_scale, with p and t as in softmax_sums.wgsl and
// g = (dice - 2 t) / (classes (sum(p) + sum(t) + 1)) the derivative of the Dice loss by p, 0 for background.
// Pixels whose target is unknown have none, and do not count.
// Layouts: logits and gradient [N][C/4][H][W] of four channels, padded with zeros; target [N][H][W]; totals [C/4][4].
import package::common::storage::{Packed, pack};
import package::loss::softmax::{blocks, channels, images, load, normalizer, number_of, pixels, start_of, target_mask, target_of};
import package::loss::unknown::unknown;

override step: u32 = 256u; // total threads

@group(0) @binding(2) var<storage, read> totals: array<vec4f>;
@group(0) @binding(3) var<storage, read> control: array<f32>; // the loss scale comes first
@group(0) @binding(4) var<uniform> weight: vec4f; // only the first is used
@group(0) @binding(5) var<storage, read_write> gradient: array<Packed>;

fn slope(block: u32, t: vec4f) -> vec4f {
  let at = block * 4u;
  let sum = totals[at] + totals[at + 1u] + 1.0;
  let dice = (2.0 * totals[at + 2u] + 1.0) / sum;
  let number = number_of(block);
  let is_class = (number > vec4u(0u)) & (number < vec4u(channels));
  return select(vec4f(0.0), (dice - 2.0 * t) / (sum * f32(channels - 1u)), is_class);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = weight.x * control[0];
  for (var i = id.x; i < images * pixels; i += step) {
    let start = start_of(i);
    @if(has_unknown) {
      if (target_mask[i] == unknown) {
        for (var block = 0u; block < blocks; block++) { gradient[start + block * pixels] = pack(vec4f(0.0)); }
        continue;
      }
    }
    let of_pixel = normalizer(start);
    var mean = 0.0;
    for (var block = 0u; block < blocks; block++) {
      let p = exp(load(start, block) - of_pixel.x) / of_pixel.y;
      mean += dot(slope(block, select(vec4f(0.0), vec4f(1.0), target_of(i, block))), p);
    }
    for (var block = 0u; block < blocks; block++) {
      let p = exp(load(start, block) - of_pixel.x) / of_pixel.y;
      let t = select(vec4f(0.0), vec4f(1.0), target_of(i, block));
      @if(has_unknown) let value = (p - t) / max(totals[3].y, 1.0) + p * (slope(block, t) - mean);
      @else let value = (p - t) / f32(images * pixels) + p * (slope(block, t) - mean);
      gradient[start + block * pixels] = pack(value * factor);
    }
  }
}
