import { autoencoder } from './autoencoder.ts';
import { bidirectional } from './bidirectional.ts';
import { gpt, gptWritten } from './gpt.ts';
import { gru, gruOfThePaper } from './gru.ts';
import { lenet } from './lenet.ts';
import { lstm } from './lstm.ts';
import { mlp } from './mlp.ts';
import { mobilenet } from './mobilenet.ts';
import { resnet, resnetOnTape } from './resnet.ts';
import { resnetTraining } from './resnet-training.ts';
import { rotary } from './rotary.ts';
import type { Twin } from './twin.ts';
import { unet } from './unet.ts';

export type { Twin };

/** Every hand-written network that has a reference. */
export const twins = {
  mlp,
  lenet,
  resnet,
  resnetOnTape,
  resnetTraining,
  unet,
  mobilenet,
  autoencoder,
  lstm,
  gru,
  gruOfThePaper,
  bidirectional,
  gpt,
  gptWritten,
  rotary,
} as const satisfies Record<string, Twin>;
