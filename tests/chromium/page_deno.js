// What the GPU tests use of Deno, for a page: it is put before their bundle, so that only they see it. `tilewise.tests` lists
// the tests, `tilewise.run(i)` runs one.
// deno-lint-ignore no-unused-vars
const Deno = (() => {
  const tests = [];
  function test(first, run) {
    const { name, ignore = false, fn } = typeof first === "string"
      ? { name: first, fn: run }
      : first;
    tests.push({ name, ignore, fn });
  }
  test.afterAll = () => {}; // the page ends with its GPU
  function readFileSync(url) {
    // Synchronous as in the tests; such requests give text, whose characters are the bytes here.
    const request = new XMLHttpRequest();
    request.open("GET", url, false);
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status !== 200) throw new Error(`Cannot read ${url}`);
    const text = request.responseText;
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  }
  globalThis.tilewise = {
    tests,
    async run(index) {
      try {
        await tests[index].fn();
      } catch (error) {
        return String(error?.stack ?? error);
      }
    },
  };
  return {
    test,
    readFileSync,
    readTextFileSync: (url) => new TextDecoder().decode(readFileSync(url)),
    inspect: (value) => JSON.stringify(value) ?? String(value),
  };
})();
