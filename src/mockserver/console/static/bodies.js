// Format bodies for display: JSON indented, even if it was cut; of binary bodies the text parts.

import { pretty } from "./dom.js";

const CONTROLS = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]+/g;

/** A body for display; `binary` and `cut` say whether it is not text, and whether its end is missing. */
export function shownBody(text, mediaType, binary, cut) {
  if (!text) return "";
  if (binary) return /^multipart\//i.test(mediaType) ? text.replace(CONTROLS, "▒") : `Binary: ${mediaType || "no media type"}. It is not shown.`;
  const whole = pretty(text);
  return cut && whole === text && /^\s*[[{]/.test(text) ? indented(text) : whole;
}

/** Indent JSON whose end is missing. */
function indented(text) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(Math.min(depth, 40))}`;
  return text.replace(/"(?:[^"\\]|\\[^])*(?:"|\\?$)|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (/^\s/.test(token)) return "";
    if (token === "{" || token === "[") {
      depth += 1;
      return token + line();
    }
    if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      return line() + token;
    }
    if (token === ",") return token + line();
    return token === ":" ? ": " : token;
  });
}
