// The center of a tile's probabilities at slide resolution: those of each class, upsampled bilinearly from `center` to `span`
// pixels a side (align_corners=False, any ratio), then cropped. best[y, x] is the highest; mask[y, x] is the first class that has
// it, from 1, where best > threshold, else 0; and a byte of p is floor(255 p + 0.5).
// Layouts: probability [classes][side][side] in; mask [span][span], full (best) and bytes (of best) likewise, fulls and planes
// [classes][span][span], of f32, or of bytes, four a word, whole words a class. A thread computes four neighbors in a row.
override side: u32 = 32u; // of the tile, before upsampling
override center: u32 = 32u; // side of the part to keep, before upsampling
override span: u32 = 64u; // side of the center in slide pixels
override classes: u32 = 1u;

@group(0) @binding(0) var<storage, read> probability: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<u32>;
@group(0) @binding(2) var<uniform> threshold: vec4f; // only the first is used
@if(keep_probability) @group(0) @binding(3) var<storage, read_write> full: array<f32>;
@if(keep_bytes) @group(0) @binding(4) var<storage, read_write> bytes: array<u32>;
@if(keep_fulls) @group(0) @binding(5) var<storage, read_write> fulls: array<f32>;
@if(keep_planes) @group(0) @binding(6) var<storage, read_write> planes: array<u32>;

fn probability_at(plane: u32, y: u32, x: u32) -> f32 {
  // In units of 1/(2 span) of a pixel, which is exact in 32 bits.
  let position = (2u * vec2u(x, y) + 1u) * center + (side - center) * span;
  let source = max(position, vec2u(span)) - span;
  let low = source / (2u * span);
  let high = min(low + 1u, vec2u(side - 1u));
  let t = vec2f(source % (2u * span)) / f32(2u * span);
  let top = mix(probability[plane + low.y * side + low.x], probability[plane + low.y * side + high.x], t.x);
  let bottom = mix(probability[plane + high.y * side + low.x], probability[plane + high.y * side + high.x], t.x);
  return mix(top, bottom, t.y);
}

fn packed(p: vec4f) -> u32 {
  let value = vec4u(255.0 * p + 0.5);
  return value.x | (value.y << 8u) | (value.z << 16u) | (value.w << 24u);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * 4u;
  let count = span * span;
  if (first >= count) { return; }
  var best = vec4f(-1.0);
  var index = vec4u(0u);
  for (var k = 0u; k < classes; k++) {
    var p = vec4f(0.0);
    @unroll for (var i = 0u; i < 4u; i++) {
      let pixel = first + i;
      if (pixel < count) {
        p[i] = probability_at(k * side * side, pixel / span, pixel % span);
        @if(keep_fulls) fulls[k * count + pixel] = p[i];
      }
    }
    @if(keep_planes) planes[k * ((count + 3u) / 4u) + id.x] = packed(p);
    let lower = p <= best;
    index = select(vec4u(k + 1u), index, lower);
    best = select(p, best, lower);
  }
  let chosen = select(vec4u(0u), index, best > vec4f(threshold.x));
  mask[id.x] = chosen.x | (chosen.y << 8u) | (chosen.z << 16u) | (chosen.w << 24u);
  @if(keep_bytes) bytes[id.x] = packed(best);
  @if(keep_probability) {
    @unroll for (var i = 0u; i < 4u; i++) {
      if (first + i < count) { full[first + i] = best[i]; }
    }
  }
}
