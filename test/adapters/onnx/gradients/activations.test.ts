import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/activations.ts';

describe('gradients of activations and element-wise functions equal central differences', () => proveCases(cases));
