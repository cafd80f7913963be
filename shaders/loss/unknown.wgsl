// The target of pixels that are not known.
const unknown = 255.0;
