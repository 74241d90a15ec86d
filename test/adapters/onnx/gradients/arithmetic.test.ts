import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/arithmetic.ts';

describe('gradients of arithmetic with broadcasting equal central differences', () => proveCases(cases));
