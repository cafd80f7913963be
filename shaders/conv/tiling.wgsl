// How a convolution is cut into threads.
override lanes: u32 = 8u; // neighboring pixels of a workgroup
override rows: u32 = 8u; // of a workgroup, each of other output channels
override pixels: u32 = 4u; // of a thread
override outputs: u32 = 4u; // blocks of four output channels of a thread
override spread: u32 = 1u; // threads that share the loads of the weights they have in common: 1, or the subgroup with `broadcast`
