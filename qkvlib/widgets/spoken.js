// Where on the page a sentence stands: found by its letters and digits, since a page sets W_Q and √d_head in type.

const UNREAD = "pre, script, style, .cm-editor, .qkv-narration, noscript";

/** @param {string} text */
const letters = (text) => [...text.toLowerCase().replaceAll("ᵀ", "")].filter((each) => /[\p{L}\p{Nd}]/u.test(each)).join("");

/** Every letter below `root` with where it stands. @param {Element} root */
function read(root) {
  let text = "";
  /** @type {{ node: Text, offset: number }[]} */
  const places = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL, (node) =>
    node instanceof Element ? (node.matches(UNREAD) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP)
      : node instanceof Text ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    for (let offset = 0; offset < node.data.length; offset++) {
      const found = letters(node.data[offset]);
      if (!found) continue;
      text += found;
      places.push(...Array.from(found, () => ({ node, offset })));
    }
  }
  return { text, places };
}

/** How far the marks of punctuation reach beside a sentence. @param {string} text @param {RegExp} marks */
const edge = (text, marks) => marks.exec(text)?.[0].length ?? 0;

export class Page {
  /** @param {Element} root what is searched */
  constructor(root) {
    this.root = root;
    this.last = 0;
  }
  /** The first place of the sentence behind the one found before, else anywhere. @param {string} sentence @returns {Range | null} */
  find(sentence) {
    const { text, places } = read(this.root), wanted = letters(sentence);
    let start = text.indexOf(wanted, this.last);
    if (start < 0) start = text.indexOf(wanted);
    if (start < 0 || !wanted) return null;
    this.last = start;
    const first = places[start], end = places[start + wanted.length - 1], range = document.createRange();
    range.setStart(first.node, first.offset - edge(first.node.data.slice(0, first.offset), /\S*$/));
    range.setEnd(end.node, end.offset + 1 + edge(end.node.data.slice(end.offset + 1), /^\S*/));
    return range;
  }
}

/** Mark this part of the page as being spoken; nothing where the browser cannot. @param {Range | null} range */
export function mark(range) {
  if (!CSS.highlights) return;
  if (range) CSS.highlights.set("qkv-spoken", new Highlight(range));
  else CSS.highlights.delete("qkv-spoken");
}

/** Scroll there unless it is in sight already. @param {Range | Element | null} place */
export function bringIntoSight(place) {
  if (!place) return;
  const { top, bottom } = place.getBoundingClientRect(), height = window.innerHeight;
  if (top !== bottom && top > 0.1 * height && bottom < 0.7 * height) return;
  const el = place instanceof Element ? place : place.startContainer.parentElement;
  el?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
