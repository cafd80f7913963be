import { assert } from "@std/assert";
import { isPrivateHost } from "./private_host.ts";

const hostOf = (host: string) => new URL(`http://${host}/`).hostname;

Deno.test("isPrivateHost() knows this machine and private networks, however they are written", () => {
  const hosts = [
    ...["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"],
    ...["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255"],
    ...["192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1"],
    ...["192.0.0.8", "224.0.0.1", "255.255.255.255", "127.0.0.1."],
    ...["[::]", "[::1]", "[fc00::1]", "[fdff::1]", "[fe80::1]", "[ff02::1]"],
    ...["[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[64:ff9b::10.0.0.1]"],
    ...["[2002:7f00:1::]", "[2001:0:4136:e378::1]", "[::ffff:0:7f00:1]"],
    ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "router"],
    ...["scanner.local", "metadata.google.internal", "nas.lan", "１27.0.0.1"],
  ];
  for (const host of hosts) assert(isPrivateHost(hostOf(host)), host);
});

Deno.test("isPrivateHost() knows public hosts", () => {
  const hosts = [
    ...["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.0.1", "100.128.0.1"],
    ...["126.255.255.255", "128.0.0.1", "169.253.0.1", "172.15.0.1"],
    ...["172.32.0.1", "192.0.1.1", "192.167.0.1", "192.169.0.1", "223.0.0.1"],
    ...["[2606:4700::1111]", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]"],
    ...["[64:ff9b::8.8.8.8]", "[2002:808:808::]", "slides.example.org"],
    ...[
      "localhost.example.org",
      "local.example.org",
      "10.example.org",
      "example.org.",
    ],
  ];
  for (const host of hosts) assert(!isPrivateHost(hostOf(host)), host);
});
