// How the gradient of a convolution's weight is divided among threads, and its output.
override lanes: u32 = 8u; // threads per workgroup along the blocks of outputs
override tiles: u32 = 8u; // of inputs per workgroup
override results: u32 = 1u; // blocks of outputs per thread
override inputs: u32 = 4u; // blocks of inputs per thread
override spread: u32 = 1u; // threads that share loads of input: 1, or the subgroup with `broadcast`

@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

fn store(sum: vec4f, place: u32) {
  var total = sum;
  @if(accumulate) total += output[place];
  output[place] = total;
}
