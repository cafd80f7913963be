// The center of a tile's probability map at slide resolution: upsampled bilinearly from `center` to `span` pixels a side
// (align_corners=False, any ratio), then cropped, then mask[y, x] = 1 where p > threshold and bytes[y, x] = floor(255 p + 0.5).
// Layouts: probability [side][side] in; full [span][span] of f32, and mask and bytes likewise, four bytes a word, out. A thread
// computes four neighbors in a row.
override side: u32 = 32u; // of the tile, before upsampling
override center: u32 = 32u; // side of the part to keep, before upsampling
override span: u32 = 64u; // side of the center in slide pixels

@group(0) @binding(0) var<storage, read> probability: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<u32>;
@group(0) @binding(2) var<uniform> threshold: vec4f; // only the first is used
@if(keep_probability) @group(0) @binding(3) var<storage, read_write> full: array<f32>;
@if(keep_bytes) @group(0) @binding(4) var<storage, read_write> bytes: array<u32>;

fn probability_at(y: u32, x: u32) -> f32 {
  // In units of 1/(2 span) of a pixel, which is exact in 32 bits.
  let position = (2u * vec2u(x, y) + 1u) * center + (side - center) * span;
  let source = max(position, vec2u(span)) - span;
  let low = source / (2u * span);
  let high = min(low + 1u, vec2u(side - 1u));
  let t = vec2f(source % (2u * span)) / f32(2u * span);
  let top = mix(probability[low.y * side + low.x], probability[low.y * side + high.x], t.x);
  let bottom = mix(probability[high.y * side + low.x], probability[high.y * side + high.x], t.x);
  return mix(top, bottom, t.y);
}

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = id.x * 4u;
  if (first >= span * span) { return; }
  var word = 0u;
  @if(keep_bytes) var byte_word = 0u;
  for (var k = 0u; k < 4u; k++) {
    let pixel = first + k;
    if (pixel < span * span) {
      let p = probability_at(pixel / span, pixel % span);
      word |= select(0u, 1u, p > threshold.x) << (8u * k);
      @if(keep_probability) full[pixel] = p;
      @if(keep_bytes) byte_word |= u32(255.0 * p + 0.5) << (8u * k);
    }
  }
  mask[id.x] = word;
  @if(keep_bytes) bytes[id.x] = byte_word;
}
