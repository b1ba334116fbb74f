// The name of a colour profile (ICC.1:2022): the page shows a picture's numbers as sRGB, and says which it names.

const MOST_TAGS = 200;
const LONGEST_NAME = 60;

/** What an ICC profile calls itself, one line; "" where it does not or is damaged. */
function profileName(data) {
  try {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const tags = Math.min(view.getUint32(128), MOST_TAGS);
    for (let tag = 0; tag < tags; tag++) {
      const at = 132 + 12 * tag;
      if (letters(view, at, 4) === "desc") return oneLine(described(view, view.getUint32(at + 4)));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it points behind its own end
  }
  return "";
}

/** The text of a description: ASCII in profiles of version 2, UTF-16 in several languages after it. */
function described(view, at) {
  if (letters(view, at, 4) !== "mluc") return letters(view, at + 12, view.getUint32(at + 8));
  const [length, offset] = [view.getUint32(at + 20), view.getUint32(at + 24)];
  return letters(view, at + offset, length / 2, 2);
}

function letters(view, at, count, bytes = 1) {
  let out = "";
  for (let i = 0; i < count && i <= LONGEST_NAME; i++) {
    out += String.fromCharCode(bytes === 2 ? view.getUint16(at + 2 * i) : view.getUint8(at + i));
  }
  return out;
}

function oneLine(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim().slice(0, LONGEST_NAME);
}

/** How the page treats a picture's colours, in words. */
function colourWords(profile) {
  const name = profileName(profile);
  if (/\bsRGB\b/i.test(name)) return `profile ${name}`;
  const called = name ? `profile ${name}` : "a profile without a name";
  return `${called}; shown here as if it were sRGB, so colours may be off; inr decode keeps the profile`;
}
