/// <reference lib="dom" />
import { formatCount } from "../../src/report/markup.ts";
import { element } from "./element.ts";
import type { PageContext } from "./page_context.ts";
import { openSection } from "./sections.ts";

/** Adds the button that shows the pictures beside the slide, or says how to see them. */
export function addLabelImages({ view, base }: PageContext): void {
  const { labelImages } = view;
  if (!labelImages) return;
  element("image").hidden = false;
  const names = labelImages.pictures.map(({ name }) => name).join(", ");
  if (!labelImages.shown) {
    const note = element("label-images-note");
    note.hidden = false;
    note.textContent =
      `Beside the slide: ${names}. Hidden, as they may show a patient’s name; view --label-images shows them.`;
    return;
  }
  const button = element<HTMLButtonElement>("label-images-button");
  button.hidden = false;
  button.textContent = `Show ${names}`;
  openSection("image");
  const dialog = element<HTMLDialogElement>("label-images");
  button.addEventListener("click", () => {
    const list = element("label-images-list");
    list.replaceChildren(...labelImages.pictures.map((picture) => {
      const { name, width, height } = picture;
      const figure = document.createElement("figure");
      const image = document.createElement("img");
      image.src = `${base}associated/${encodeURIComponent(name)}`;
      image.alt = `The ${name} of the slide`;
      const caption = document.createElement("figcaption");
      caption.textContent = `${name}, ${formatCount(width)} × ${
        formatCount(height)
      } px`;
      image.addEventListener("error", () => {
        caption.textContent += ": cannot be read";
      });
      figure.append(image, caption);
      return figure;
    }));
    dialog.showModal();
  });
}
