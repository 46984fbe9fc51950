// Every colour of the course, as JSON behind one word: colour.py reads this file for pictures and figures, the widgets send it.
export const COLOURS = {
  "roles": {
    "query": ["#0072b2", "#5db4ec"], "key": ["#d55e00", "#ff9b57"], "value": ["#009e73", "#3ecba2"],
    "weights": ["#c2417c", "#f08fb8"], "out": ["#1b1d21", "#f1f3f5"], "change": ["#7a3fc0", "#c9a6ff"]
  },
  "heat": {
    "light": { "zero": [247, 248, 249], "plus": [168, 148, 240], "minus": [222, 196, 72], "share": [242, 138, 178] },
    "dark": { "zero": [36, 38, 43], "plus": [92, 72, 168], "minus": [122, 100, 10], "share": [146, 44, 92] }
  }
};
