/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Makes the sections of the sidebar open and close by their headings; which are closed is remembered. */
export function addSections(): void {
  for (
    const section of document.querySelectorAll<HTMLElement>("aside > section")
  ) {
    const heading = section.querySelector("h2");
    if (!heading) continue;
    const button = document.createElement("button");
    button.className = "heading";
    button.append(...heading.childNodes);
    heading.append(button);
    const key = `closed-${section.id}`;
    const show = (closed: boolean) => {
      section.classList.toggle("closed", closed);
      button.setAttribute("aria-expanded", String(!closed));
    };
    button.addEventListener("click", () => {
      const closed = !section.classList.contains("closed");
      show(closed);
      if (closed) localStorage.setItem(key, "1");
      else localStorage.removeItem(key);
    });
    show(localStorage.getItem(key) !== null);
  }
}
