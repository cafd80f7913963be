// Sizes of a pixel shuffle, and of its gradient.
override input_channels: u32 = 4u;
override output_channels: u32 = 1u;
override input_height: u32 = 1u;
override input_width: u32 = 1u;
override factor: u32 = 2u;
