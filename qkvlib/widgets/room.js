// How much room there is: a matrix that scrolls sideways is told so, and on a phone pictures may draw closer.

const NARROW = 640;   // pixels: less is a phone, or Lab in a window of 800

/** @param {import("./sheet_view.js").SheetView} sheet */
export function watchRoom(sheet) {
  const sized = new ResizeObserver((found) => {
    for (const { target, contentRect: { width } } of found) {
      const room = width < NARROW ? width : Infinity;
      if (target !== sheet.root) target.classList.toggle("ws-wide", target.scrollWidth > target.clientWidth + 1);
      else if (room !== sheet.room) {
        sheet.room = room;
        target.classList.toggle("ws-narrow", room < NARROW);
        sheet.frame ||= requestAnimationFrame(() => sheet.draw());   // not here: drawing changes sizes again
      }
    }
  });
  for (const box of [sheet.root, ...sheet.parts.flatMap((part) => part.body ?? [])]) sized.observe(box);
  return () => sized.disconnect();
}
