// grad_bias[c] = sum over n of the first of sums[n, c], grad_weight[c] = that of the second, each added to existing
// values if accumulate; coefficients[c] = factor, center, slope, mean, so that the gradient of the input is
// factor * (g - center - slope * (input - mean)).
// Layouts: sums [N][C/4][2]; statistics [C/4][mean, inverse deviation]; coefficients [C/4][4]; all else [C/4]; 32-bit.
override batch: u32 = 1u;
override blocks: u32 = 1u;
override pixels: u32 = 1u;

@group(0) @binding(0) var<storage, read> sums: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> statistics: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> grad_weight: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> grad_bias: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let block = id.x;
  if (block >= blocks) { return; }
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  for (var n = 0u; n < batch; n++) {
    sum += sums[(n * blocks + block) * 2u];
    product += sums[(n * blocks + block) * 2u + 1u];
  }
  let count = f32(batch * pixels);
  let inverse = statistics[block * 2u + 1u];
  coefficients[block * 4u] = weight[block] * inverse;
  coefficients[block * 4u + 1u] = sum / count;
  coefficients[block * 4u + 2u] = product / count * inverse;
  coefficients[block * 4u + 3u] = statistics[block * 2u];
  @if(accumulate) sum += grad_bias[block];
  @if(accumulate) product += grad_weight[block];
  grad_bias[block] = sum;
  grad_weight[block] = product;
}
