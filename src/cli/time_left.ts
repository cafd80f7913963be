/** Seconds as a clock shows them: `m:ss`, from an hour on `h:mm:ss`. */
export function timeLeft(seconds: number): string {
  const all = Math.round(seconds);
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(all % 60)}`
    : `${minutes}:${two(all % 60)}`;
}
