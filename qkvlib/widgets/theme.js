// The colours of numbers and roles, in the light and in the dark.
import { COLOURS } from "../colours.js";

/** The colours of a theme. @param {boolean} dark */
export function themeOf(dark) {
  const name = dark ? "dark" : "light", { zero, plus, minus, share: one } = COLOURS.heat[name];
  return { name, roles: COLOURS.roles, at: Number(dark), rgb: (/** @type {number} */ share, ramp = "sign", dim = false) => {
    const t = Math.min(1, Math.abs(share)) * (dim ? 0.4 : 1), end = ramp === "share" ? one : share < 0 ? minus : plus;
    return zero.map((/** @type {number} */ z, /** @type {number} */ k) => Math.round(z + (end[k] - z) * t));
  } };
}
