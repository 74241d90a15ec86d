// Written by scripts/generate.mjs: do not edit.
import type { Format } from './format.ts';
import { github } from './github.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { terminal } from './terminal.ts';

export const formats: readonly (Format)[] = [
  github,
  html,
  json,
  junit,
  markdown,
  terminal,
];
