import package::common::storage::{Packed, unpack};

override images: u32 = 1u;
override pixels: u32 = 1u; // of an image
override channels: u32 = 2u; // background, and the classes
override blocks: u32 = 1u; // of four channels

@group(0) @binding(0) var<storage, read> logits: array<Packed>;
@group(0) @binding(1) var<storage, read> target_mask: array<f32>;

fn number_of(block: u32) -> vec4u { return vec4u(0u, 1u, 2u, 3u) + 4u * block; }

// Where the vector of a pixel's first channels lies.
fn start_of(i: u32) -> u32 { return i / pixels * blocks * pixels + i % pixels; }

// Logits; those of padding are so low that their exponential is 0.
fn load(start: u32, block: u32) -> vec4f {
  return select(unpack(logits[start + block * pixels]), vec4f(-1e38), number_of(block) >= vec4u(channels));
}

// The largest logit of a pixel, and the sum of exponentials after it is subtracted.
fn normalizer(start: u32) -> vec2f {
  var best = vec4f(-1e38);
  for (var block = 0u; block < blocks; block++) { best = max(best, load(start, block)); }
  let largest = max(max(best.x, best.y), max(best.z, best.w));
  var sum = vec4f(0.0);
  for (var block = 0u; block < blocks; block++) { sum += exp(load(start, block) - largest); }
  return vec2f(largest, dot(sum, vec4f(1.0)));
}

fn target_of(i: u32, block: u32) -> vec4<bool> { return number_of(block) == vec4u(u32(target_mask[i])); }
