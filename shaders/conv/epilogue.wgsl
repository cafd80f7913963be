// The epilogue of a convolution: post(v) = v + residual, then max(v, 0) or another formula, then v * scale[o] + shift[o], then 0 where mask is
// not positive (in the backward pass of a ReLU, where mask is its result), each if requested.
// Of sums in parts, which another kernel adds up, a part is stored as it is, in 32 bits.
// Layouts: the same for output, residual and mask; bias [O/4] and affine [O/4][scale, shift] of four outputs, 32-bit.
import package::common::formula::formula;
import package::common::storage::{Packed, pack, unpack};

@if(has_bias) @group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@if(has_residual) @group(0) @binding(2) var<storage, read> residual: array<Packed>;
@if(has_affine) @group(0) @binding(3) var<storage, read> affine: array<vec4f>;
@if(has_mask) @group(0) @binding(4) var<storage, read> mask: array<Packed>;
@if(parts) @group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
@else @group(0) @binding(5) var<storage, read_write> output: array<Packed>;

// The initial value of a sum.
fn first_sum(block: u32) -> vec4f {
  @if(has_bias) return bias[block];
  @else return vec4f(0.0);
}

fn activate(sum: vec4f, block: u32) -> vec4f {
  var value = sum;
  @if(relu) value = max(value, vec4f(0.0));
  @if(has_formula) value = formula(value);
  @if(has_affine) value = fma(value, affine[block * 2u], affine[block * 2u + 1u]);
  return value;
}

fn masked(value: vec4f, passed: Packed) -> vec4f {
  return select(vec4f(0.0), value, unpack(passed) > vec4f(0.0));
}

// Stores post(sum) for a block of outputs.
fn store(sum: vec4f, block: u32, place: u32) {
  var value = sum;
  @if(has_residual) value += unpack(residual[place]);
  value = activate(value, block);
  @if(has_mask) value = masked(value, mask[place]);
  @if(parts) output[place] = value;
  @else output[place] = pack(value);
}
