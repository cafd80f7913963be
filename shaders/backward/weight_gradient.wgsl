// How the gradient of a convolution's weight is cut into threads, and where it goes.
override lanes: u32 = 8u; // neighboring blocks of outputs of a workgroup
override tiles: u32 = 8u; // of inputs, of a workgroup
override results: u32 = 1u; // blocks of outputs of a thread
override inputs: u32 = 4u; // blocks of inputs of a thread
override spread: u32 = 1u; // threads that share the loads of the input: 1, or the subgroup with `broadcast`

@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

fn store(sum: vec4f, place: u32) {
  var total = sum;
  @if(accumulate) total += output[place];
  output[place] = total;
}
