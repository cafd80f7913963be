// mean, variance[c] over n, y, x, from the moments of each image (Chan, Golub, LeVeque 1979, equal counts);
// affine[c] = scale, shift of weight[c] * (x - mean) / sqrt(variance + epsilon) + bias[c];
// statistics[c] = mean, 1 / sqrt(variance + epsilon);
// running[c] = (1 - momentum) * running[c] + momentum * (mean, variance * count / (count - 1)).
// Layouts: moments [N][C/4][mean, squares]; affine, statistics [C/4][2]; all else [C/4]; of four channels, 32-bit.
override batch: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 2u;
override epsilon: f32 = 1e-5;
override momentum: f32 = 0.1;

@group(0) @binding(0) var<storage, read> moments: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> affine: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> statistics: array<vec4f>;
@if(running) @group(0) @binding(5) var<storage, read_write> running_mean: array<vec4f>;
@if(running) @group(0) @binding(6) var<storage, read_write> running_variance: array<vec4f>;

// A batch that overflows is skipped, so it must not enter the running statistics. Tests the bits, because compilers may assume
// that no float is infinite.
fn finite(v: vec4f) -> vec4f {
  return select(v, vec4f(0.0), (bitcast<vec4u>(v) & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let block = id.x;
  if (block >= blocks) { return; }
  var mean = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    mean += moments[(n * blocks + block) * 2u] / f32(batch);
  }
  var squares = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    let difference = moments[(n * blocks + block) * 2u] - mean;
    squares += moments[(n * blocks + block) * 2u + 1u] + difference * difference * f32(pixels);
  }
  let count = f32(batch * pixels);
  let inverse = 1.0 / sqrt(squares / count + epsilon);
  let scale = weight[block] * inverse;
  affine[block * 2u] = scale;
  affine[block * 2u + 1u] = bias[block] - mean * scale;
  statistics[block * 2u] = mean;
  statistics[block * 2u + 1u] = inverse;
  @if(running) running_mean[block] += finite((mean - running_mean[block]) * momentum);
  @if(running) running_variance[block] += finite((squares / (count - 1.0) - running_variance[block]) * momentum);
}
