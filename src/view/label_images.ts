import { encodePhoto } from "../masks/pictures/encode_photo.ts";
import type { OpenedSlide } from "../slide/slide.ts";
import type { ViewDescription } from "./description.ts";
import type { ViewHandler } from "./view.ts";

/** Pictures beside a slide as a view has them: what the page says of them, and what answers for them. */
export interface ServedLabelImages {
  readonly labelImages?: ViewDescription["labelImages"];
  readonly handlers: ReadonlyMap<string, ViewHandler>;
}

/** The pictures beside a slide. They often show a patient's name: none is served unless `shown`. */
export function serveLabelImages(
  slide: Pick<OpenedSlide, "associated" | "readAssociated">,
  shown: boolean,
): ServedLabelImages {
  const { associated: pictures } = slide;
  if (pictures.length === 0) return { handlers: new Map() };
  const handlers = new Map<string, ViewHandler>();
  for (const { name } of shown ? pictures : []) {
    handlers.set(`associated/${encodeURIComponent(name)}`, {
      async answer(_, { signal }) {
        const { pixels, ...size } = await slide.readAssociated(name, {
          signal,
        });
        const bytes = await encodePhoto(pixels, size);
        return new Response(bytes as Uint8Array<ArrayBuffer>, {
          headers: {
            "content-type": bytes[0] === 0xff ? "image/jpeg" : "image/png",
          },
        });
      },
    });
  }
  return { labelImages: { shown, pictures }, handlers };
}
