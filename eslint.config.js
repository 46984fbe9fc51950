// What the linter holds the widgets' JavaScript to; `tsc --project jsconfig.json` reads its types.
import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["node_modules/", ".venv/", "site/", "lite/", "dist/"] },
  js.configs.recommended,
  {
    files: ["qkvlib/**/*.js", "tools/lite/page/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", semi: "error", "no-restricted-syntax": ["error", "EmptyStatement"] },
  },
];
