// The types that the parts of a sheet share: for tsc alone, nothing of it is sent.

/**
 * @typedef {import("./arrays.js").Value} Value
 * @typedef {import("./dataflow.js").Entry} Entry
 * @typedef {import("./sheet_view.js").SheetView} SheetView
 *
 * @typedef {PointerEvent & { target: HTMLElement }} Pointed an event on an element of a sheet
 * @typedef {KeyboardEvent & { target: HTMLElement }} Pressed
 * @typedef {{ left: number, top: number, bottom: number, right?: number }} Box where a cell is on the screen
 * @typedef {(moved: PointerEvent, gesture: string) => void} Turn what a drag does with each move of the pointer
 *
 * @typedef {{ part: CellPart, name: string, i: number }} Target cell i of node `name`, as that part shows it
 *
 * @typedef {{ root: HTMLElement, nodes: string[], open: boolean, draw: (changed: Set<string>|null, fresh?: boolean) => void,
 *   hit: (event: Pointed) => Target|null, has: (name: string, i: number) => boolean,
 *   mark: (name: string, cells: number[], className: string) => void, unmark: () => void,
 *   ramp?: string|null, nearly?: boolean, body?: HTMLElement }} Part what a sheet is made of
 *
 * @typedef {Part & { activate: (name: string, i: number) => any, box: (name: string, i: number) => Box,
 *   label: (name: string, i: number) => string, state: (name: string, i: number) => string,
 *   next: (name: string, i: number, key: string) => { name: string, i: number }|undefined,
 *   isEditable: (name: string, i: number) => boolean, stepOf: (name: string) => number, painted?: Value|null,
 *   grab?: (target: Target, event: Pointed) => Turn|null, key?: (target: Target, event: Pressed) => boolean }} CellPart a part with cells
 *
 * @typedef {import("./grids.js").Grid & { paint: (value: Value, look: import("./grids.js").Look, before: Value|null) => void,
 *   hit: (event: Pointed) => number|null, activate: (i: number) => HTMLElement|undefined, box: (i: number) => Box,
 *   mark: (cells: number[], className: string) => void, unmark: () => void, cells?: Map<number, HTMLElement> }} AnyGrid
 */

export {};
