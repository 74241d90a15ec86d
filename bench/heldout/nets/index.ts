import type { Net } from '../maker.ts';
import * as convolutional from './convolutional.ts';
import * as images from './images.ts';
import * as plain from './plain.ts';
import * as recurrent from './recurrent.ts';
import * as transformers from './transformers.ts';

const { vit, llama, bert, crossAttention, modern } = transformers;

/** Networks that no rule was written for. */
export const NETS: readonly (() => Net)[] = [
  vit,
  llama,
  bert,
  crossAttention,
  modern,
  ...Object.values(recurrent),
  ...Object.values(convolutional),
  ...Object.values(images),
  ...Object.values(plain),
];
