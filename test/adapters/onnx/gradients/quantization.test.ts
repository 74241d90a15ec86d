import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/quantization.ts';

describe('gradients of quantisation scales equal central differences', () => proveCases(cases));
