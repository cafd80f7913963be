/** Names that lead to this machine or the local network: without a dot, or with such an ending. */
const LOCAL_NAME =
  /^[^.]*$|\.(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa)$/;

/** The first and the last address of networks that are not public. Source: IANA's registry of special-purpose addresses. */
const PRIVATE_IPV4: readonly (readonly [string, string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["224.0.0.0", "255.255.255.255"],
];

/**
 * Whether a host is this machine, or of a private network, by its name or address.
 *
 * @param hostname As in `URL.hostname`, which writes every form of an address the same way.
 */
export function isPrivateHost(hostname: string): boolean {
  const name = hostname.replace(/\.$/, "");
  if (name.startsWith("[")) return isPrivateIpv6(name.slice(1, -1));
  if (/^[\d.]+$/.test(name)) return isPrivateIpv4(numberOf(name));
  return LOCAL_NAME.test(name);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function isPrivateIpv4(address: number): boolean {
  return PRIVATE_IPV4.some(([first, last]) =>
    address >= numberOf(first) && address <= numberOf(last)
  );
}

function isPrivateIpv6(address: string): boolean {
  const [head, tail] = address.split("::").map((part) =>
    part === "" ? [] : part.split(":")
  );
  const zeros = Array(8 - head.length - (tail?.length ?? 0)).fill("0");
  const groups = [...head, ...(tail ? [...zeros, ...tail] : [])]
    .map((group) => parseInt(group, 16));
  const ipv4At = (i: number) =>
    isPrivateIpv4(groups[i] * 2 ** 16 + groups[i + 1]);
  const [first, second] = groups;
  // Addresses that contain one of IPv4: mapped, translated (NAT64), 6to4.
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] > 0) {
    return ipv4At(6);
  }
  if (first === 0x64 && second === 0xff9b) return ipv4At(6);
  if (first === 0x2002) return ipv4At(1);
  const isGlobal = first >= 0x2000 && first < 0x4000;
  return !isGlobal || first === 0x2001 && second === 0; // Teredo
}
