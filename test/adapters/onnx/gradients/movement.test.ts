import { describe } from '@jest/globals';
import { proveCases } from './_prove.ts';
import { cases } from './cases/movement.ts';

describe('gradients of data movement equal central differences', () => proveCases(cases));
