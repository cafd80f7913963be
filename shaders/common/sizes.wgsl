override input_height: u32 = 1u;
override input_width: u32 = 1u;
override output_height: u32 = 1u;
override output_width: u32 = 1u;
