// With d[o] = sum of gradient[o, …] * v[o, …]: grad_g = d / ‖v‖ and grad_v = g / ‖v‖ * (gradient - v * d / ‖v‖²).
// Layouts: v, gradient and grad_v as in conv2d.wgsl, [O/4][…] of four outputs; g and grad_g [O/4].
// One workgroup per block of four outputs.
struct Shape {
  vectors: u32, // per block of outputs
}

@group(0) @binding(0) var<storage, read> v: array<vec4f>;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> grad_v: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> grad_g: array<vec4f>;
@group(0) @binding(5) var<uniform> shape: Shape;

const threads: u32 = 64u;
var<workgroup> squares: array<vec4f, threads>;
var<workgroup> products: array<vec4f, threads>;

@compute @workgroup_size(threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * shape.vectors;
  var square = vec4f(0.0);
  var product = vec4f(0.0);
  for (var i = thread; i < shape.vectors; i += threads) {
    square += v[start + i] * v[start + i];
    product += v[start + i] * gradient[start + i];
  }
  squares[thread] = square;
  products[thread] = product;
  workgroupBarrier();
  for (var half = threads / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      squares[thread] += squares[thread + half];
      products[thread] += products[thread + half];
    }
    workgroupBarrier();
  }
  // Padding outputs have no norm.
  let norm = sqrt(squares[0]);
  let inverse = select(vec4f(0.0), 1.0 / norm, norm > vec4f(0.0));
  let along = products[0] * inverse;
  if (thread == 0u) { grad_g[group.x] = along; }
  let scale = g[group.x] * inverse;
  for (var i = thread; i < shape.vectors; i += threads) {
    grad_v[start + i] = scale * (gradient[start + i] - v[start + i] * (along * inverse));
  }
}
