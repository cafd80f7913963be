/** Means and standard deviations of the channels of 8-bit images. Counts values, so that they are exact for any number of images. */
export class ChannelStatistics {
  readonly #counts: Float64Array[] = [0, 1, 2].map(() => new Float64Array(256));

  /** Adds an image: 8-bit RGB. */
  add(rgb: Uint8Array): void {
    const [red, green, blue] = this.#counts;
    for (let i = 0; i < rgb.length; i += 3) {
      red[rgb[i]]++;
      green[rgb[i + 1]]++;
      blue[rgb[i + 2]]++;
    }
  }

  /** Adds the counts of another. */
  merge(other: ChannelStatistics): void {
    this.#counts.forEach((counts, channel) =>
      other.#counts[channel].forEach((count, value) => counts[value] += count)
    );
  }

  /** Mean and standard deviation of each channel, from 0 to 1. `undefined` if nothing was added. */
  get normalization(): {
    mean: [number, number, number];
    std: [number, number, number];
  } | undefined {
    const total = this.#counts[0].reduce((sum, count) => sum + count);
    if (total === 0) return undefined;
    const means = this.#counts.map((counts) =>
      counts.reduce((sum, count, value) => sum + count * value, 0) / total
    );
    const deviations = this.#counts.map((counts, channel) => {
      const square = counts.reduce(
        (sum, count, value) => sum + count * (value - means[channel]) ** 2,
        0,
      );
      return Math.sqrt(square / total);
    });
    const [r, g, b] = means;
    const [s, t, u] = deviations;
    return {
      mean: [r / 255, g / 255, b / 255],
      std: [s / 255, t / 255, u / 255],
    };
  }
}
