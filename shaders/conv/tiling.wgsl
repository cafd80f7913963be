// How a convolution is divided among threads.
override lanes: u32 = 8u; // threads per workgroup along the pixels
override rows: u32 = 8u; // threads per workgroup along the output channels
override pixels: u32 = 4u; // per thread
override outputs: u32 = 4u; // blocks of four output channels per thread
override spread: u32 = 1u; // threads that share loads of weights: 1, or the subgroup with `broadcast`
